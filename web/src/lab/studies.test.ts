import { describe, expect, it } from "vitest";
import { SURROGATES, surrogateName } from "../../../src/quantize/index.ts";
import { figuresOf, meanGradients, type Problem, pointOf, samplesOf, studyOf } from "./studies.ts";

const PROBLEM: Problem = { source: "laplace", scale: 0.4, loss: "distortion", reference: "noise" };
const choiceOf = (name: string, temperature: number | null = null) => {
  const surrogate = SURROGATES.find((one) => surrogateName(one) === name);
  if (surrogate === undefined) throw new Error(name);
  return { name, gradient: surrogate.gradients[0], temperature };
};

describe("what the laboratory view asks of the library", () => {
  it.each(SURROGATES.map((surrogate) => [surrogateName(surrogate), surrogate] as const))(
    "%s: a density that holds nearly all, and samples as many as latents",
    (name, { temperature }) => {
      const { points, density, masses } = samplesOf(choiceOf(name, temperature === null ? null : 0.5), PROBLEM);
      expect(points).toHaveLength(600);
      // A Laplacian of scale 0.4 lies within 2.5 steps but for 2e-4 of it; the grid of latents and the noise add a little.
      expect(density.reduce((sum, { from, to, density: height }) => sum + (to - from) * height, 0)).toBeCloseTo(1, 2);
      expect(masses.reduce((sum, { mass }) => sum + mass, 0)).toBeCloseTo(1, 3);
    },
  );

  it("straight-through rounding has all its density in the middle of bins at integers", () => {
    const { density, masses } = samplesOf(choiceOf("ste"), PROBLEM);
    const full = density.filter(({ density: height }) => height > 0);
    for (const { from, to } of full) expect((from + to) / 2).toBeCloseTo(Math.round((from + to) / 2), 10);
    for (const { integer, mass } of masses.slice(1, -1)) {
      const bin = full.find(({ from, to }) => from < integer && integer < to);
      // Latents lie on a grid of 400 a step.
      expect((bin?.density ?? 0) * 0.05).toBeCloseTo(mass, 2);
    }
  });

  it("the mean gets nothing under P1, all under P2, and 1 - J of it without a stop", () => {
    const [off, p1, p2] = meanGradients(choiceOf("aun"));
    // Additive noise has J = 1.
    expect(off?.variance.value).toBe(0);
    expect(p1?.mean.value).toBe(0);
    // The gradient is 2 (u + 0.3), u uniform noise: its mean 0.6, its variance 1/3.
    expect(p2?.mean.low).toBeLessThan(0.6);
    expect(p2?.mean.high).toBeGreaterThan(0.6);
    expect(p2?.variance.value).toBeCloseTo(1 / 3, 1);
    const [soft] = meanGradients(choiceOf("sua soft", 0.3));
    expect(soft?.variance.value).toBeGreaterThan(0.1);
  });

  it("figures that quadrature cannot have are simulated", () => {
    expect(figuresOf(choiceOf("sua soft", 0.03)).variance?.method).toBe("monte carlo");
    expect(figuresOf(choiceOf("ste")).mismatch?.value).toBe(0);
  });

  it("rounding has no mismatch, and refuses what there is not", () => {
    expect(pointOf(choiceOf("ste"), PROBLEM).mismatch).toBe(0);
    expect(() => studyOf({ name: "nothing", gradient: "pathwise", temperature: null })).toThrow(RangeError);
  });
});
