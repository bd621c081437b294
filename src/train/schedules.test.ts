import { describe, expect, it } from "vitest";
import type { ScheduleConfig } from "./config.ts";
import { learningRateAt } from "./schedules.ts";

const rate = (step: number, schedule: ScheduleConfig, steps = 101, warmupSteps = 0): number =>
  learningRateAt(step, { steps, optimizer: { learningRate: 2, warmupSteps, schedule } });

describe("learningRateAt", () => {
  it("rises linearly during warm-up and is never zero", () => {
    const rates = [0, 1, 2, 3, 4, 5].map((step) => rate(step, { type: "constant" }, 100, 4));
    expect(rates).toEqual([0.5, 1, 1.5, 2, 2, 2]);
  });

  it("follows half a cosine wave from the full rate to the final one", () => {
    const cosine = { type: "cosine", final: 0.1, holdFraction: 0 } as const;
    expect(rate(0, cosine)).toBe(2);
    expect(rate(50, cosine)).toBeCloseTo(2 * 0.55, 12);
    expect(rate(25, cosine)).toBeCloseTo(2 * (0.1 + 0.45 * (1 + Math.SQRT1_2)), 12);
    expect(rate(100, cosine)).toBeCloseTo(0.2, 12);
    expect(rate(500, cosine)).toBeCloseTo(0.2, 12);
  });

  it("holds the rate for a part of the run first", () => {
    const held = { type: "cosine", final: 0, holdFraction: 0.75 } as const;
    expect(rate(74, held)).toBe(2);
    expect(rate(75, held)).toBe(2);
    expect(rate(76, held)).toBeLessThan(2);
    expect(rate(100, held)).toBeCloseTo(0, 12);
    expect(rate(0, { ...held, holdFraction: 0.99 }, 1)).toBe(2);
  });

  it("multiplies at each of the given fractions", () => {
    const steps = { type: "step", at: [0.5, 0.8], factor: 0.1 } as const;
    const rates = [0, 49, 50, 79, 80, 99].map((step) => rate(step, steps, 100));
    for (const [i, expected] of [2, 2, 0.2, 0.2, 0.02, 0.02].entries()) expect(rates[i]).toBeCloseTo(expected, 12);
  });

  it("combines warm-up and schedule", () => {
    expect(rate(10, { type: "step", at: [0.05], factor: 0.5 }, 100, 22)).toBeCloseTo(2 * 0.5 * 0.5, 12);
  });
});
