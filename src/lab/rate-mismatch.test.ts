import { describe, expect, it } from "vitest";
import { CounterRandom } from "../engine/index.ts";
import { erfcValue } from "../error-function.ts";
import { bySamples } from "./estimate.ts";
import { gaussianBitsOf } from "./gaussian-rate.ts";
import { rateMismatch } from "./rate-mismatch.ts";

/** Computed by an independent script for the design of the project; three decimals. [deviation, bound, training, real] */
const REFERENCE: readonly (readonly [number, number, number, number])[] = [
  [0.02, 0.01, 0.052, 0],
  [0.02, 0.04, 0.067, 0],
  [0.02, 0.11, 0.156, 0],
  [0.02, 0.2, 0.278, 0.018],
  [0.02, 0.3, 0.417, 0.145],
  [0.11, 0.01, 0.287, 0],
  [0.11, 0.04, 0.287, 0],
  [0.11, 0.11, 0.287, 0],
  [0.11, 0.2, 0.347, 0.018],
  [0.11, 0.3, 0.462, 0.145],
  [0.2, 0.01, 0.521, 0.109],
  [0.2, 0.04, 0.521, 0.109],
  [0.2, 0.11, 0.521, 0.109],
  [0.2, 0.2, 0.521, 0.109],
  [0.2, 0.3, 0.573, 0.198],
  [0.5, 0.01, 1.254, 1.241],
  [0.5, 0.3, 1.254, 1.241],
];

describe("rateMismatch", () => {
  it.each(REFERENCE)(
    "gives the reference figures for deviation %d and bound %d",
    (deviation, bound, training, real) => {
      const { trainingBits, realBits } = rateMismatch({ deviation, bound });
      // Half a unit of the last decimal of the reference, and the little by which its rounding may differ.
      expect(Math.abs(trainingBits.value - training)).toBeLessThan(0.00051);
      expect(Math.abs(realBits.value - real)).toBeLessThan(0.00051);
      expect(trainingBits.high - trainingBits.low).toBeLessThan(1e-6);
    },
  );

  it.each([
    [0.2, 0.3],
    [0.5, 0.11],
    [3, 0.11],
  ])("is as near to a computation without a graph as it says, for deviation %d and bound %d", (deviation, bound) => {
    const scale = Math.max(deviation, bound);
    const mass = (v: number, s: number): number =>
      (erfcValue((Math.abs(v) - 0.5) / (s * Math.SQRT2)) - erfcValue((Math.abs(v) + 0.5) / (s * Math.SQRT2))) / 2;
    const bitsOf = (v: number): number => -Math.log2(Math.max(mass(v, scale), 1e-9));
    let real = 0;
    for (let k = -40; k <= 40; k++) real += mass(k, deviation) * bitsOf(k);
    // The trapezoidal rule on a smooth integrand that vanishes at both ends; it bends at v = 0, a node, and where the bound on
    // likelihoods begins, which little probability reaches.
    let training = 0;
    const step = 2 ** -12;
    for (let i = -40 / step; i <= 40 / step; i++) training += step * mass(i * step, deviation) * bitsOf(i * step);
    const { realBits, trainingBits } = rateMismatch({ deviation, bound });
    expect(Math.abs(realBits.value - real)).toBeLessThan(realBits.high - realBits.value);
    expect(realBits.high - realBits.value).toBeLessThan(1e-11);
    expect(Math.abs(trainingBits.value - training)).toBeLessThan(1e-10);
  });

  it("is proportional to the scale where the scale is small and the coder spends nothing", () => {
    // Only latents near the ends of the cell cost: 2 s times the integral of -log2 Phi(t) over t > 0 for a latent at its mean,
    // and of -Phi(t) log2 Phi(t) over all t for one that has the deviation it is coded with. Both integrals: trapezoidal rule.
    const atMean = rateMismatch({ deviation: 1e-4, bound: 0.05 });
    expect(atMean.trainingBits.value / 0.05).toBeCloseTo(1.378, 2);
    const matched = rateMismatch({ deviation: 0.05, bound: 1e-3 });
    expect(matched.trainingBits.value / 0.05).toBeCloseTo(2.606, 3);
    for (const { realBits } of [atMean, matched]) expect(realBits.value).toBeLessThan(1e-9);
  });

  it("agrees with a simulation", () => {
    const options = { deviation: 0.35, bound: 0.11 };
    const count = 200_000;
    const latents = new Float32Array(count);
    const noise = new Float32Array(count);
    const random = new CounterRandom(7);
    random.fillNormal(latents, 0, 0, options.deviation);
    random.fillUniform(noise, 0, 1);
    const training = bySamples(
      gaussianBitsOf(
        Float64Array.from(latents, (y, i) => y + noise[i]!),
        options.deviation,
      ),
    );
    const real = bySamples(gaussianBitsOf(Float64Array.from(latents, Math.round), options.deviation));
    const { trainingBits, realBits } = rateMismatch(options);
    // Twice the 95 % interval: a fair seed fails once in 10,000.
    const within = (value: number, { value: mean, high }: { value: number; high: number }): void =>
      expect(Math.abs(value - mean)).toBeLessThan(2 * (high - mean));
    within(trainingBits.value, training);
    within(realBits.value, real);
  });

  it("refuses what is no deviation or bound", () => {
    expect(() => rateMismatch({ deviation: 0, bound: 0.1 })).toThrow("deviation: got 0");
    expect(() => rateMismatch({ deviation: 1, bound: Number.NaN })).toThrow("bound: got NaN");
  });
});
