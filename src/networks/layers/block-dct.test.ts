import { describe, expect, it } from "vitest";
import { blockBasis } from "./block-dct.ts";

const product = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from({ length: a.length }, (_, i) => a[i]! * b[i]!).reduce((sum, x) => sum + x, 0);

describe.each([2, 8])("the basis of blocks of %i pixels", (side) => {
  const { functions, deviations } = blockBasis(side, 3 * side * side);

  it("is orthonormal and complete", () => {
    for (const [i, f] of functions.entries()) {
      for (const [j, g] of functions.entries()) {
        expect(Math.abs(product(f, g) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
  });

  it("begins with the mean brightness, and falls in the deviation that is expected", () => {
    const first = functions[0]!;
    for (const value of first) expect(value).toBeCloseTo(1 / Math.sqrt(3 * side * side), 12);
    for (let i = 1; i < deviations.length; i++) expect(deviations[i]).toBeLessThanOrEqual(deviations[i - 1]!);
  });

  it("expects the variance that the pixels have: transforms of this kind keep the sum", () => {
    const sum = deviations.reduce((total, deviation) => total + deviation ** 2, 0);
    expect(sum).toBeCloseTo((0.16 + 0.008 + 0.0016) * side * side, 9);
  });
});

it("is refused beyond the coefficients that a block has", () => {
  expect(() => blockBasis(4, 49)).toThrow(/at most 48/);
});
