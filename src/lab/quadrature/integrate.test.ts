import { describe, expect, it } from "vitest";
import { integrate, integrateMany } from "./integrate.ts";
import { COARSE_WEIGHTS, FINE_WEIGHTS, POINTS } from "./kronrod.ts";

const oneOf =
  (f: (x: number) => number) =>
  (points: Float64Array): readonly Float64Array[] => [points.map(f)];

describe("the rules of Gauss and Kronrod", () => {
  const moment = (weights: Float64Array, degree: number): number =>
    POINTS.reduce((sum, x, i) => sum + (weights[i] as number) * x ** degree, 0);

  it.each([
    ["7 points", COARSE_WEIGHTS, 13],
    ["15 points", FINE_WEIGHTS, 22],
  ] as const)("%s integrate every power up to their degree", (_, weights, highest) => {
    for (let degree = 0; degree <= highest; degree++) {
      const exact = degree % 2 === 0 ? 2 / (degree + 1) : 0;
      expect(moment(weights, degree), `degree ${degree}`).toBeCloseTo(exact, 13);
    }
    const next = highest + (highest % 2 === 0 ? 2 : 1);
    expect(Math.abs(moment(weights, next) - 2 / (next + 1))).toBeGreaterThan(1e-12);
  });
});

describe("integrateMany", () => {
  it("finds a jump by halving and is as good as it says", () => {
    const [result] = integrate(
      oneOf((x) => (x < 1 / 3 ? 0 : 2)),
      [0, 1],
      { components: 1 },
    );
    expect(Math.abs((result?.value ?? 0) - 4 / 3)).toBeLessThan(2 * (result?.error ?? 0));
    expect(result?.error).toBeLessThan(1e-7);
  });

  it("integrates a singular end", () => {
    const [result] = integrate(
      oneOf((x) => 1 / Math.sqrt(x)),
      [0, 1],
      { components: 1, relativeTolerance: 1e-6 },
    );
    expect(result?.value).toBeCloseTo(2, 5);
  });

  it("keeps functions and components apart", () => {
    const { values } = integrateMany(
      (points, owners) => [points.map((x, i) => x ** (owners[i] as number)), points.map(() => 1)],
      [
        [0, 1],
        [0, 1, 2],
        [0, 3],
      ],
      { components: 2 },
    );
    expect(Array.from(values[0] ?? [])).toEqual([1, 2, 9].map((x) => expect.closeTo(x, 12)));
    expect(Array.from(values[1] ?? [])).toEqual([1, 2, 3].map((x) => expect.closeTo(x, 12)));
  });

  it("says so where it could not reach the tolerance", () => {
    const [result] = integrate(
      oneOf((x) => (x < 1 / 3 ? 0 : 1)),
      [0, 1],
      { components: 1, maxHalvings: 3 },
    );
    expect(result?.error).toBeGreaterThan(1e-3);
  });

  it("refuses breakpoints that do not ascend", () => {
    expect(() => integrate(oneOf(Math.exp), [1, 1], { components: 1 })).toThrow(RangeError);
    expect(() => integrate(oneOf(Math.exp), [1], { components: 1 })).toThrow("got 1 breakpoints");
  });
});
