import { describe, expect, it } from "vitest";
import { integrate, integrateMany } from "./integrate.ts";
import { COARSE_WEIGHTS, FINE_WEIGHTS, POINTS } from "./kronrod.ts";

const oneOf =
  (f: (x: number) => number) =>
  (points: Float64Array): readonly Float64Array[] => [points.map(f)];

describe("the rules of Gauss and Kronrod", () => {
  const moment = (weights: Float64Array, degree: number): number =>
    POINTS.reduce((sum, x, i) => sum + weights[i]! * x ** degree, 0);

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
      (points, owners) => [points.map((x, i) => x ** owners[i]!), points.map(() => 1)],
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

  it("keeps its error estimate when the budget of panels is spent, for one function and not for its neighbour", () => {
    // 1e-4 of noise on the first function: no halving reaches the tolerance, each doubles the panels.
    const noise = (x: number): number => 1e-4 * Math.sin(1e9 * x);
    let evaluations = 0;
    const { values, errors, panels } = integrateMany(
      (points, owners) => {
        evaluations += points.length;
        return [points.map((x, i) => (owners[i] === 0 ? 1 + noise(x) : Math.sqrt(x)))];
      },
      [
        [0, 1],
        [0, 1],
      ],
      { components: 1, maxPanels: 100 },
    );
    expect(panels[0]?.length).toBeLessThanOrEqual(100);
    expect(evaluations).toBeLessThan(10_000);
    expect(errors[0]?.[0]).toBeGreaterThan(1e-6);
    expect(values[0]?.[0]).toBeCloseTo(1, 3);
    expect(Math.abs(values[0]![1]! - 2 / 3)).toBeLessThan(1e-7);
  });

  it("halves for the decisive components only, and gives the others with their errors", () => {
    const jump = (x: number): number => (x < 1 / 3 ? 0 : 1);
    const { errors, panels } = integrateMany((points) => [points.map(Math.exp), points.map(jump)], [[0, 1]], {
      components: 2,
      decisive: 1,
    });
    expect(panels[0]).toHaveLength(1);
    expect(errors[1]?.[0]).toBeGreaterThan(1e-3);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses an integrand that is %d somewhere", (bad) => {
    const integrand = oneOf((x) => (x > 0.9 ? bad : x));
    expect(() => integrate(integrand, [0, 0.5, 1], { components: 1, maxHalvings: 4 })).toThrow(
      /not finite in \[0.5, 1\] \(component 0\)/,
    );
  });

  it("refuses breakpoints that do not ascend", () => {
    expect(() => integrate(oneOf(Math.exp), [1, 1], { components: 1 })).toThrow(RangeError);
    expect(() => integrate(oneOf(Math.exp), [1], { components: 1 })).toThrow("got 1 breakpoints");
  });
});
