import { describe, expect, it } from "vitest";
import { fromFloat16Array, fromFloat16Bits, toFloat16Bits } from "./float16.ts";

describe("float16", () => {
  it("reads all halves and writes them back to the same bits", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromFloat16Bits(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(fromFloat16Bits(toFloat16Bits(value)))).toBe(true);
      else if (toFloat16Bits(value) !== bits) expect.unreachable(`${bits} became ${toFloat16Bits(value)}`);
    }
  });

  it("looks up what it computes, signs of zeros and infinities included", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const [looked, computed] = [fromFloat16Array(halves), Float32Array.from(halves, fromFloat16Bits)];
    expect(Buffer.compare(Buffer.from(looked.buffer), Buffer.from(computed.buffer))).toBe(0);
  });

  // From the definition of the format: the extremes of each range.
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0x3555, 0.333251953125],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])("knows that the bits %i are %d", (bits, value) => {
    expect(fromFloat16Bits(bits)).toBe(value);
    expect(toFloat16Bits(value)).toBe(bits);
  });

  it("rounds to the nearest half and ties to the even one, over the whole range", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = fromFloat16Bits(bits);
      const high = fromFloat16Bits(bits + 1);
      const middle = (low + high) / 2; // exact in float32
      const even = bits % 2 === 0 ? bits : bits + 1;
      const ulp = Math.fround(middle) * 2 ** -23;
      const got = [
        toFloat16Bits(middle - ulp),
        toFloat16Bits(middle),
        toFloat16Bits(middle + ulp),
        toFloat16Bits(-middle),
      ];
      const expected = [bits, even, bits + 1, even | 0x8000];
      if (got.join() !== expected.join()) expect.unreachable(`between ${low} and ${high}: got ${got}, not ${expected}`);
    }
    expect(toFloat16Bits(65519.99)).toBe(0x7bff);
    expect(toFloat16Bits(65520)).toBe(0x7c00);
    expect(toFloat16Bits(2 ** -25)).toBe(0);
    expect(toFloat16Bits(1e-45)).toBe(0);
    expect(toFloat16Bits(-1e300)).toBe(0xfc00);
  });
});
