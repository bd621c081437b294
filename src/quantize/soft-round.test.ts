import { describe, expect, it } from "vitest";
import { constant, evaluate, gradients, graphInput, reduceSum, type Tensor } from "../engine/index.ts";
import { evaluateSurrogate } from "./evaluate-surrogate.ts";
import { noisySoftRound } from "./soft-round.ts";
import { findSurrogate } from "./surrogates.ts";

describe("soft rounding", () => {
  it("has the density of its noisy variable: the mass of the unit interval around y~ is F(s^-1(z + 1/2)) - F(s^-1(z - 1/2))", () => {
    const F = (x: number): number => 1 / (1 + Math.exp(-(x - 0.2) / 0.4));
    for (const temperature of [0.1, 0.3, 1]) {
      const a = 1 / temperature;
      const soft = (y: number): number =>
        Math.floor(y) + 0.5 + Math.tanh(a * (y - Math.floor(y) - 0.5)) / (2 * Math.tanh(a / 2));
      const inverse = (z: number): number =>
        Math.floor(z) + 0.5 + Math.atanh(2 * Math.tanh(a / 2) * (z - Math.floor(z) - 0.5)) / a;
      const y = [-1.3, -0.4, 0.1, 0.45, 0.8, 2.25];
      const u = [0.31, -0.27, 0.4, -0.44, 0.02, -0.1];
      const { values } = evaluateSurrogate(findSurrogate("soft-round"), y, { noise: u, temperature });
      values.forEach((value, i) => {
        const z = soft(y[i]!) + u[i]!;
        expect(value).toBeCloseTo(inverse(z - 0.5) + 0.5, 10);
        expect(F(value + 0.5) - F(value - 0.5)).toBeCloseTo(F(inverse(z + 0.5)) - F(inverse(z - 0.5)), 10);
      });
    }
  });

  it("has the slope of its mean as the mean of its slope, down to T = 1/27, where the bound on 1 - x^2 begins to cut", () => {
    const ratio = (y: number, T: number): number =>
      meanSlope(y, T) / (1 / Math.cosh((y - 0.5) / T) ** 2 / (2 * T * Math.tanh(0.5 / T)));
    for (const temperature of [0.3, 0.1, 0.04]) {
      for (const y of [0.31, 0.5, 0.6]) expect(ratio(y, temperature), `T ${temperature}`).toBeCloseTo(1, 3);
    }
    expect(ratio(0.31, 0.02)).toBeLessThan(0.9);
    expect(ratio(0.31, 0.02)).toBeGreaterThan(0.4);
  });

  it("has the same values and slopes between its limits where the limits are not computed, and others at a limit", () => {
    const y = [-1.3, -0.4, 0.1, 0.45, 0.8, 2.25];
    const noise = constant([0.31, -0.27, 0.4, -0.44, 0.02, -0.1], [6]);
    const of = (temperature: number, betweenLimits: boolean) => {
      const latent = graphInput("y", [6]);
      const shared = { noise: () => noise, secondNoise: () => noise, concentration: null };
      const value = noisySoftRound(latent, { ...shared, temperature, betweenLimits });
      const [slope] = gradients(reduceSum(value), [latent]) as [Tensor];
      const found = evaluate({ value, slope }, { y });
      return [[...found.value.data], [...found.slope.data]];
    };
    for (const temperature of [0.03, 0.4, 1]) expect(of(temperature, true)).toEqual(of(temperature, false));
    expect(of(0, true)).not.toEqual(of(0, false));
  });
});

/** The mean over u of the pathwise slope, by quadrature in t = logit(position in the wrapped cell). */
function meanSlope(y: number, temperature: number): number {
  const a = 1 / temperature;
  const offset = Math.tanh(a * (y - 0.5)) / (2 * Math.tanh(a / 2));
  const count = 8000;
  const reach = 45;
  const u = new Float64Array(count);
  const weight = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const t = ((i + 0.5) / count - 0.5) * 2 * reach;
    const position = 1 / (1 + Math.exp(-t)); // of s_a(y) + u within its cell
    const wrapped = position - offset;
    u[i] = wrapped < -0.5 ? wrapped + 1 : wrapped > 0.5 ? wrapped - 1 : wrapped;
    weight[i] = ((2 * reach) / count) * position * (1 / (1 + Math.exp(t)));
  }
  const { slopes } = evaluateSurrogate(findSurrogate("soft-round"), new Float64Array(count).fill(y), {
    noise: u,
    temperature,
  });
  return (slopes as Float64Array).reduce((sum, slope, i) => sum + slope * weight[i]!, 0);
}
