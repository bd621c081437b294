import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../errors.ts";
import { appendVarint, readVarint } from "./varint.ts";

function spell(value: number): number[] {
  const bytes: number[] = [];
  appendVarint(bytes, value);
  return bytes;
}

function read(...bytes: number[]): number | string {
  try {
    return readVarint(Uint8Array.from(bytes), 0, "number").value;
  } catch (error) {
    if (error instanceof BitstreamError) return error.code;
    throw error;
  }
}

describe("varint", () => {
  it("spells numbers in as few bytes as seven bits each allow", () => {
    expect(spell(0)).toEqual([0]);
    expect(spell(127)).toEqual([127]);
    expect(spell(128)).toEqual([0x80, 1]);
    expect(spell(768)).toEqual([0x80, 6]);
    expect(spell(16383)).toEqual([0xff, 0x7f]);
    expect(spell(0xffffffff)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  });

  it("reads back every number, and where it ended", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(9), (value, before) => {
        const bytes = [...new Array<number>(before).fill(0xff), ...spell(value), 0xff];
        expect(readVarint(Uint8Array.from(bytes), before, "number")).toEqual({ value, end: bytes.length - 1 });
      }),
    );
  });

  it("has one spelling for each number: whatever it reads, it writes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), (bytes) => {
        const value = read(...bytes);
        if (typeof value === "number") expect([...bytes].slice(0, spell(value).length)).toEqual(spell(value));
        else expect(["truncated", "bad-header"]).toContain(value);
      }),
      { numRuns: 2000 },
    );
    expect(read(0x80, 0)).toBe("bad-header");
    expect(read(0xff, 0xff, 0xff, 0xff, 0x10)).toBe("bad-header");
    expect(read(0x80, 0x80, 0x80, 0x80, 0x80, 1)).toBe("bad-header");
  });

  it("reports the end of the bytes", () => {
    expect(read()).toBe("truncated");
    expect(read(0x80, 0x80)).toBe("truncated");
  });

  it("refuses to write what is no unsigned 32-bit integer", () => {
    for (const value of [-1, 0.5, 2 ** 32, Number.NaN]) expect(() => spell(value)).toThrow(RangeError);
  });
});
