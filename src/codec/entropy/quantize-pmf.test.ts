import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantizePmf } from "./quantize-pmf.ts";

const masses = fc
  .array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1e-12, 1e-5, 0.25)), {
    minLength: 1,
    maxLength: 60,
  })
  .filter((values) => values.some((value) => value > 1e-9));

const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);

describe("quantizePmf", () => {
  it("gives every entry at least 1 and the table exactly 65536", () => {
    fc.assert(
      fc.property(masses, fc.double({ min: 0, max: 0.9, noNaN: true }), (values, escapeMass) => {
        const frequencies = quantizePmf(Float64Array.from(values), escapeMass);
        expect(frequencies.length).toBe(values.length + 1);
        expect(Math.min(...frequencies)).toBeGreaterThanOrEqual(1);
        expect(sumOf(frequencies)).toBe(65536);
      }),
    );
  });

  it("cannot be improved by moving one unit from any entry to any other", () => {
    // The cost is separable and convex, so no better exchange of one unit means no better table at all
    fc.assert(
      fc.property(masses, fc.double({ min: 0, max: 0.9, noNaN: true }), (values, escapeMass) => {
        const sum = sumOf(values);
        const p = [...values.map((value) => (value / sum) * (1 - escapeMass)), escapeMass];
        const f = quantizePmf(Float64Array.from(values), escapeMass);
        let bestGain = 0;
        let leastLoss = Infinity;
        p.forEach((mass, i) => {
          const units = f[i]!;
          bestGain = Math.max(bestGain, mass * Math.log1p(1 / units));
          if (units > 1) leastLoss = Math.min(leastLoss, -mass * Math.log1p(-1 / units));
        });
        expect(bestGain).toBeLessThanOrEqual(leastLoss * (1 + 1e-9)); // rounding of log1p and expm1
      }),
    );
  });

  it("keeps exact multiples of 1/65536 as they are", () => {
    expect([...quantizePmf(Float64Array.of(0.25, 0.5, 0.125), 0.125)]).toEqual([16384, 32768, 8192, 8192]);
  });

  it("takes what the probabilities lack to one as the escape", () => {
    expect([...quantizePmf(Float64Array.of(0.5, 0.25))]).toEqual([32768, 16384, 16384]);
  });

  it("handles certainty, ties and the longest table", () => {
    expect([...quantizePmf(Float64Array.of(1))]).toEqual([65535, 1]);
    expect([...quantizePmf(Float64Array.of(1, 1, 1), 0)]).toEqual([21845, 21845, 21845, 1]);
    expect([...quantizePmf(Float64Array.of(0, 3, 3), 0)]).toEqual([1, 32767, 32767, 1]);
    expect(new Set(quantizePmf(new Float64Array(65535).fill(1), 0))).toEqual(new Set([1]));
  });

  it("refuses what is no distribution", () => {
    for (const [pmf, escapeMass] of [
      [[], 0],
      [[0, 0], 0],
      [[-0.1, 1], 0],
      [[Number.NaN], 0],
      [[Infinity], 0],
      [[1], 1],
      [[1], -0.1],
      [[1], Number.NaN],
    ] as const) {
      expect(() => quantizePmf(Float64Array.from(pmf), escapeMass)).toThrow(RangeError);
    }
    expect(() => quantizePmf(new Float64Array(65536).fill(1))).toThrow(RangeError);
  });
});
