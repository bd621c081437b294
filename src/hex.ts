/** Bytes as text, on any platform. */

/** Two hexadecimal digits for each byte, in lower case. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
