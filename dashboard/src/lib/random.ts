/** 32 hexadecimal digits. `crypto.randomUUID` is not there for pages that come over plain HTTP. */
export function randomHex(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
