import { describe, expect, it } from "vitest";
import {
  evaluate,
  gradients,
  graphInput,
  multiply,
  reduceSum,
  square,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import {
  gateEncoder,
  type Quantizer,
  quantize,
  quantizeForDensity,
  quantizeForSynthesis,
  withExpectedGradient,
} from "./quantizer.ts";
import type { GradientMode } from "./surrogate.ts";
import { findSurrogate } from "./surrogates.ts";

const COUNT = 5;
const LATENT = [0.4, -1.3, 2.6, 7.49, -3.2];
const MEAN = [0.3, 0.45, -0.2, 7.1, 0];
const NOISE = [-0.49, -0.2, 0.1, 0.3, 0.49];
const WEIGHTS = [1, -2, 3, -4, 5];
const y = graphInput("y", [COUNT]);
const mean = graphInput("mean", [COUNT]);
const noise = graphInput("noise", [COUNT]);
const weights = graphInput("weights", [COUNT]);
const hard = graphInput("hard", []);
const FEEDS = { y: LATENT, mean: MEAN, noise: NOISE, weights: WEIGHTS };

function quantizerOf(id: string, gradient?: GradientMode, switchedBy: Tensor | null = null): Quantizer {
  const surrogate = findSurrogate(id);
  return {
    surrogate,
    gradient: gradient ?? surrogate.gradients[0],
    context: { noise: () => noise, secondNoise: () => noise, temperature: 0.3, concentration: null },
    hard: switchedBy,
  };
}

/** The output and its gradients under the loss sum(weights * output). */
function run(output: Tensor, wrt: Readonly<Record<string, Tensor>>, feeds: Record<string, readonly number[]> = {}) {
  const found = gradients(reduceSum(multiply(output, weights)), Object.values(wrt));
  // Names of outputs must differ from those of inputs, hence the prefix on the way.
  const named = Object.fromEntries(Object.keys(wrt).map((name, i) => [`to ${name}`, found[i]!]));
  const results = evaluate({ output, ...named }, { ...FEEDS, ...feeds });
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name.replace("to ", ""), [...data].map((value) => value + 0)]),
  );
}

const closeTo = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 6));
const times = (values: readonly number[], factor: number): number[] => values.map((value) => value * factor);
const forward = (id: string, value: number, i: number): number =>
  id === "ste" ? Math.round(value) : value + NOISE[i]!;

describe.each(["aun", "ste"])("%s around a mean", (id) => {
  const quantizer = quantizerOf(id);

  it("quantizes y - mu with zero-centering", () => {
    const expected = LATENT.map((value, i) => forward(id, value - MEAN[i]!, i));
    expect(run(quantizeForDensity(y, mean, quantizer, { zeroCenter: true }), {}).output).toEqual(closeTo(expected));
    expect(run(quantizeForSynthesis(y, mean, quantizer, { zeroCenter: true }), {}).output).toEqual(
      closeTo(expected.map((value, i) => value + MEAN[i]!)),
    );
  });

  it("quantizes y without", () => {
    const expected = LATENT.map((value, i) => forward(id, value, i));
    expect(run(quantizeForDensity(y, mean, quantizer, { zeroCenter: false }), {}).output).toEqual(
      closeTo(expected.map((value, i) => value - MEAN[i]!)),
    );
    expect(run(quantizeForSynthesis(y, mean, quantizer, { zeroCenter: false }), {}).output).toEqual(closeTo(expected));
  });
});

describe("the gradient of the mean", () => {
  it("is that of the rate, and under a derivative of 1 nothing of the distortion", () => {
    const rate = run(quantizeForDensity(y, mean, quantizerOf("ste"), { zeroCenter: true }), { mean, y });
    expect(rate.mean).toEqual(times(WEIGHTS, -1));
    expect(rate.y).toEqual(WEIGHTS);
    const distortion = run(quantizeForSynthesis(y, mean, quantizerOf("ste"), { zeroCenter: true }), { mean, y });
    expect(distortion.mean).toEqual([0, 0, 0, 0, 0]);
    expect(distortion.y).toEqual(WEIGHTS);
  });

  it("is 1 - J of the distortion with the stop-gradient off, nothing under P1, and all of it under P2", () => {
    const outcome = (partialStopGradient: "off" | "P1" | "P2", wrt: Record<string, Tensor>) =>
      run(quantizeForSynthesis(y, mean, quantizerOf("soft-round"), { zeroCenter: true, partialStopGradient }), wrt);
    const off = outcome("off", { y, mean });
    const slopes = (off.y as number[]).map((g, i) => g / WEIGHTS[i]!);
    expect(slopes.some((slope) => Math.abs(slope - 1) > 0.2)).toBe(true);
    expect(off.mean).toEqual(closeTo(WEIGHTS.map((g, i) => g * (1 - slopes[i]!))));
    expect(outcome("P2", { y, mean })).toEqual({ ...off, mean: WEIGHTS });
    expect(() => outcome("P1", { y, mean })).toThrow(/no gradient reaches/);
    expect(outcome("P1", { y })).toEqual({ output: off.output, y: off.y });
  });
});

describe("the expected gradient", () => {
  const f = (value: Tensor): Tensor => square(value);

  it("is the closed form for the latent, and leaves the value the sample", () => {
    const quantizer = quantizerOf("aun", "expected");
    const { output, y: toY } = run(withExpectedGradient(y, quantize(y, quantizer), quantizer, f), { y });
    expect(output).toEqual(closeTo(LATENT.map((value, i) => (value + NOISE[i]!) ** 2)));
    // (y + 1/2)^2 - (y - 1/2)^2 = 2 y
    expect(toY).toEqual(closeTo(LATENT.map((value, i) => 2 * value * WEIGHTS[i]!)));
  });

  it("leaves the gradient of other tensors that of the sample", () => {
    const quantizer = quantizerOf("aun", "expected");
    const scaled = (value: Tensor): Tensor => multiply(value, mean);
    const { mean: toMean, y: toY } = run(withExpectedGradient(y, quantize(y, quantizer), quantizer, scaled), {
      y,
      mean,
    });
    expect(toMean).toEqual(closeTo(LATENT.map((value, i) => (value + NOISE[i]!) * WEIGHTS[i]!)));
    expect(toY).toEqual(closeTo(MEAN.map((value, i) => value * WEIGHTS[i]!)));
  });

  it("is refused for a surrogate without a closed form", () => {
    expect(() => withExpectedGradient(y, y, quantizerOf("sga"), f)).toThrow(/got the surrogate sga/);
  });
});

describe("the switch to the second stage", () => {
  it.each(["pathwise", "expected"] as const)(
    "in mode %s rounds where it is 1 and keeps gradients from the encoder",
    (mode) => {
      const quantizer = quantizerOf("aun", mode, hard);
      const gated = gateEncoder(y, hard);
      const value = quantize(gated, quantizer);
      const output = mode === "expected" ? withExpectedGradient(gated, value, quantizer, square) : square(value);
      const first = run(output, { y }, { hard: [0] });
      const second = run(output, { y }, { hard: [1] });
      expect(first.output).toEqual(closeTo(LATENT.map((v, i) => (v + NOISE[i]!) ** 2)));
      expect(second.output).toEqual(closeTo(LATENT.map((v) => Math.round(v) ** 2)));
      expect((first.y as number[]).every((g) => g !== 0)).toBe(true);
      expect((second.y as number[]).every((g) => g === 0)).toBe(true);
    },
  );

  it.each(["pathwise", "expected"] as const)("in mode %s lets the mean learn from the rounded latent", (mode) => {
    const quantizer = quantizerOf("aun", mode, hard);
    const centred = subtract(gateEncoder(y, hard), mean);
    const value = quantize(centred, quantizer);
    const output = mode === "expected" ? withExpectedGradient(centred, value, quantizer, square) : square(value);
    const second = run(output, { mean }, { hard: [1] });
    const residuals = LATENT.map((v, i) => Math.round(v - MEAN[i]!));
    expect(second.output).toEqual(closeTo(residuals.map((v) => v ** 2)));
    expect(second.mean).toEqual(closeTo(residuals.map((v, i) => -2 * v * WEIGHTS[i]!)));
  });
});
