import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { integratePchip, pchip, pchipAt, placeOfValue } from "./pchip.ts";

/*
 * Golden values of scipy 1.17:
 *   from scipy.interpolate import PchipInterpolator as P
 *   x = [0, 1, 1.5, 4, 5, 7, 7.25]; y = [0, 2, 2.5, 2.4, 6, 6, -1]; p = P(x, y)
 *   print(p(x, 1), p.integrate(0, 7.25), p.integrate(0.3, 5.9), p.integrate(1.6, 1.7))
 *   print(P([0, 1, 2], [0, 1, 9])([0, 1, 2], 1), P([0, 1, 3], [0, 1, -9])([0, 1, 3], 1))
 */
const x = [0, 1, 1.5, 4, 5, 7, 7.25];
const y = [0, 2, 2.5, 2.4, 6, 6, -1];

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 12);
}

describe("pchip", () => {
  it("has scipy's slopes inside, at extrema, on flat pieces and at both kinds of ends", () => {
    expectClose(pchip(x, y).slopes, [8 / 3, 9 / 7, 0, 0, 0, 0, -280 / 9]);
    expectClose(pchip([0, 1, 2], [0, 1, 9]).slopes, [0, 16 / 9, 11.5]);
    expectClose(pchip([0, 1, 3], [0, 1, -9]).slopes, [3, 0, -9]);
  });

  it("refuses points out of order, too few of them, and coordinates of different lengths", () => {
    expect(() => pchip([0, 2, 2], [0, 1, 2])).toThrow(RangeError);
    expect(() => pchip([0, Number.NaN, 2], [0, 1, 2])).toThrow(RangeError);
    expect(() => pchip([0, 1], [0, 1])).toThrow(RangeError);
    expect(() => pchip([0, 1, 2], [0, 1])).toThrow(RangeError);
  });
});

describe("integratePchip", () => {
  it("has scipy's integrals over all pieces, over parts of them and within one", () => {
    const curve = pchip(x, y);
    expect(integratePchip(curve, 0, 7.25)).toBeCloseTo(25.378902116402116, 12);
    expect(integratePchip(curve, 0.3, 5.9)).toBeCloseTo(17.87753293650794, 12);
    expect(integratePchip(curve, 1.6, 1.7)).toBeCloseTo(0.24989279999999967, 12);
    expect(integratePchip(curve, 2, 2)).toBe(0);
  });

  it("is additive, and exact on straight lines", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, unit, (a, b, c) => {
        const [low, middle, high] = [a, b, c].map((t) => 7.25 * t).sort((p, q) => p - q) as [number, number, number];
        const curve = pchip(x, y);
        const parts = integratePchip(curve, low, middle) + integratePchip(curve, middle, high);
        expect(parts).toBeCloseTo(integratePchip(curve, low, high), 10);
        const line = pchip(
          x,
          x.map((value) => 3 - 2 * value),
        );
        expect(integratePchip(line, low, high)).toBeCloseTo(3 * (high - low) - (high ** 2 - low ** 2), 10);
      }),
    );
  });

  it("does not extrapolate", () => {
    const curve = pchip(x, y);
    for (const [from, to] of [
      [-0.1, 1],
      [1, 7.3],
      [2, 1],
    ] as const) {
      expect(() => integratePchip(curve, from, to)).toThrow(RangeError);
    }
  });
});

describe("pchipAt", () => {
  it("has scipy's values at points, between them and at both ends, and none beyond", () => {
    const curve = pchip(x, y);
    // p([0, 0.3, 1, 2, 5.9, 7.1, 7.25])
    const places = [0, 0.3, 1, 2, 5.9, 7.1, 7.25];
    expectClose(
      places.map((at) => pchipAt(curve, at)),
      [0, 0.743, 2, 2.4896, 6, 4.282666666666667, -1],
    );
    expect(() => pchipAt(curve, -0.01)).toThrow(/got -0\.01, expected a place within 0\.\.7\.25/);
    expect(() => pchipAt(curve, 7.26)).toThrow(RangeError);
  });
});

describe("placeOfValue", () => {
  it("is where a rising interpolant has the value, and the end beyond which the value lies", () => {
    const rising = pchip([0, 1, 1.5, 4], [0, 2, 2.5, 9]);
    // scipy.optimize.brentq of PchipInterpolator([0, 1, 1.5, 4], [0, 2, 2.5, 9]) - 1.1, and - 7
    expect(placeOfValue(rising, 1.1)).toBeCloseTo(0.46434065548677445, 12);
    expect(placeOfValue(rising, 7)).toBeCloseTo(3.4492423500521863, 12);
    expect(placeOfValue(rising, 0)).toBe(0);
    expect(placeOfValue(rising, -5)).toBe(0);
    expect(placeOfValue(rising, 10)).toBe(4);
  });
});
