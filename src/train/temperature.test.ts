import { describe, expect, it } from "vitest";
import { type TemperatureSchedule, temperatureAt, temperatureBounds } from "./temperature.ts";

const STEPS = 101;
const at = (step: number, schedule: TemperatureSchedule): number => temperatureAt(step, STEPS, schedule);

describe("temperatureAt", () => {
  it("falls along a straight line", () => {
    const linear = { type: "linear", from: 0.3, to: 0.1, holdFraction: 0 } as const;
    expect([0, 50, 100, 500].map((step) => at(step, linear))).toEqual(
      [0.3, 0.2, 0.1, 0.1].map((t) => expect.closeTo(t, 12)),
    );
  });

  it("stays, falls by equal factors, or follows half a cosine wave", () => {
    expect([0, 50, 100].map((step) => at(step, { type: "constant", value: 0.3 }))).toEqual([0.3, 0.3, 0.3]);
    const exponential = { type: "exponential", from: 1, to: 0.01, holdFraction: 0 } as const;
    for (const [step, expected] of [
      [0, 1],
      [25, 10 ** -0.5],
      [50, 0.1],
      [100, 0.01],
      [500, 0.01],
    ] as const) {
      expect(at(step, exponential)).toBeCloseTo(expected, 12);
    }
    const cosine = { type: "cosine", from: 1, to: 0, holdFraction: 0 } as const;
    expect([0, 50, 100].map((step) => at(step, cosine))).toEqual([1, expect.closeTo(0.5, 12), expect.closeTo(0, 12)]);
  });

  it("holds its first value for a part of the run, and reaches the last one at the last step", () => {
    for (const type of ["linear", "exponential", "cosine"] as const) {
      const held = { type, from: 0.5, to: 0.1, holdFraction: 0.5 };
      expect(at(50, held)).toBe(0.5);
      expect(at(51, held)).toBeLessThan(0.5);
      expect(at(100, held)).toBeCloseTo(0.1, 12);
    }
  });

  it("has the published schedule of stochastic Gumbel annealing, min(0.5, 0.5 exp(-1e-3 (t - 700)))", () => {
    const sga = { type: "sga", ceiling: 0.5, rate: 1e-3, start: 700, floor: 1e-8 } as const;
    expect([0, 699, 700].map((step) => at(step, sga))).toEqual([0.5, 0.5, 0.5]);
    expect(at(1700, sga)).toBeCloseTo(0.5 / Math.E, 12);
    expect(at(2000, sga)).toBeCloseTo(0.5 * Math.exp(-1.3), 12);
    expect(at(100_000, sga)).toBe(1e-8);
  });

  it("stays within its bounds", () => {
    for (const schedule of [
      { type: "constant", value: 0.2 },
      { type: "linear", from: 0.4, to: 0.1, holdFraction: 0.3 },
      { type: "exponential", from: 0.1, to: 0.4, holdFraction: 0.2 },
      { type: "cosine", from: 0.5, to: 0.1, holdFraction: 0 },
      { type: "sga", ceiling: 0.5, rate: 0.05, start: 20, floor: 0.1 },
    ] as const satisfies TemperatureSchedule[]) {
      const values = Array.from({ length: STEPS }, (_, step) => at(step, schedule));
      const { lowest, highest } = temperatureBounds(schedule);
      expect(Math.min(...values)).toBeCloseTo(lowest, 12);
      expect(Math.max(...values)).toBeCloseTo(highest, 12);
    }
  });
});
