import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32 } from "./crc32.ts";

/** CRC-32 from the trailer of a gzip member (RFC 1952). */
function reference(bytes: Uint8Array): number {
  const member = gzipSync(bytes);
  return member.readUInt32LE(member.length - 8);
}

describe("crc32", () => {
  it("gives the check value of the standard", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  it("agrees with zlib on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(crc32(bytes)).toBe(reference(bytes));
      }),
    );
  });
});
