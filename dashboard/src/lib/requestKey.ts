import { useState } from "react";

/** What makes a request one, however often it is sent; `renew` it when what is sent is another. */
class RequestKey {
  current = randomKey();

  renew(): void {
    this.current = randomKey();
  }
}

export function useRequestKey(): RequestKey {
  return useState(() => new RequestKey())[0];
}

/** 32 hexadecimal digits. `crypto.randomUUID` is not there for pages that come over plain HTTP. */
function randomKey(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
