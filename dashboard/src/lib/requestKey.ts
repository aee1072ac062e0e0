import { useState } from "react";
import { randomHex } from "@/lib/random";

/** What makes a request one, however often it is sent; `renew` it when what is sent is another. */
class RequestKey {
  current = randomHex();

  renew(): void {
    this.current = randomHex();
  }
}

export function useRequestKey(): RequestKey {
  return useState(() => new RequestKey())[0];
}
