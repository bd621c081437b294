import { describe, expect, it } from "vitest";
import { byFewSamples, bySamples } from "./estimate.ts";
import { studentT975 } from "./student-t.ts";

describe("studentT975", () => {
  // Printed tables of the distribution, three decimals (e.g. NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2).
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [9, 2.262],
    [10, 2.228],
    [23, 2.069],
    [30, 2.042],
    [60, 2.0],
    [100, 1.984],
    [1_000_000, 1.96],
  ])("is what tables say for %d degrees of freedom", (degrees, printed) => {
    expect(Math.abs(studentT975(degrees) - printed)).toBeLessThanOrEqual(0.0005);
  });

  it("knows the two closed forms, and goes over into its expansion without a step", () => {
    expect(studentT975(1)).toBeCloseTo(Math.tan(0.475 * Math.PI), 9);
    expect(studentT975(2)).toBeCloseTo(0.95 * Math.sqrt(2 / (1 - 0.95 ** 2)), 9);
    // Neighbours differ by 2.4 / degrees^2 there.
    expect(studentT975(99) - studentT975(100)).toBeCloseTo(studentT975(100) - studentT975(101), 5);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %d degrees of freedom", (degrees) => {
    expect(() => studentT975(degrees)).toThrow(RangeError);
  });
});

describe("a mean of few samples", () => {
  it("has the interval of Student's t", () => {
    // Deviation sqrt(2), standard error 1: 12.706 to each side.
    const { value, low, high } = bySamples([1, 3]);
    expect(value).toBe(2);
    expect(high - value).toBeCloseTo(12.706, 3);
    expect(value - low).toBeCloseTo(12.706, 3);
  });

  it("has no interval if it is of one", () => {
    expect(byFewSamples([3])).toEqual({ value: 3, low: null, high: null, method: "monte carlo" });
    expect(byFewSamples([1, 3])).toEqual(bySamples([1, 3]));
    expect(() => byFewSamples([])).toThrow("got no samples");
  });
});
