import { describe, expect, it } from "vitest";
import { add, constant, evaluate, gradients, graphInput, multiply, reduceSum, type Tensor } from "../engine/index.ts";
import { evaluateSurrogate, type GradientMode, SURROGATES, surrogateName } from "../quantize/index.ts";
import { createNetwork } from "./create-network.ts";
import { factorizedDensity } from "./densities/deep-factorized.ts";
import { gaussianDensity } from "./densities/gaussian-conditional.ts";
import { elementBits } from "./densities/information.ts";
import { initializeParameters } from "./initialize-parameters.ts";
import type { TrainOptions } from "./network.ts";
import { ParameterScope, parameterInputName } from "./parameters.ts";
import { quantizeLatent } from "./quantize-latent.ts";
import { trainNetwork } from "./train-network.ts";

const SHAPE = [2, 3, 1, 2];
const COUNT = 12;
const LATENT = [0.31, -1.42, 2.77, 0.09, -0.45, 1.66, -2.21, 0.52, 3.18, -0.83, 0.73, -3.37];
const MEAN = [0.2, -1.1, 2.5, 0.3, -0.1, 1.9, -2, 0.4, 3.3, -0.6, 1.2, -3];
const NOISE = [-0.41, 0.22, 0.05, 0.37, -0.13, 0.46, -0.28, 0.17, -0.36, 0.31, -0.08, 0.43];
const SECOND = [0.12, -0.33, 0.44, -0.07, 0.26, -0.48, 0.39, -0.19, 0.02, -0.25, 0.18, -0.4];
const WEIGHTS = [1, -2, 0.5, 3, -1, 2, -0.5, 1.5, -3, 0.7, -1.2, 2.2];
const SCALE = 0.6;
const TEMPERATURE = 0.4;

const latent = graphInput("latent", SHAPE);
const mean = graphInput("mean", SHAPE);
const weights = graphInput("weights", SHAPE);
const FEEDS = {
  latent: LATENT,
  mean: MEAN,
  weights: WEIGHTS,
  "noise/y": NOISE,
  "noise/y/second": SECOND,
  temperature: [TEMPERATURE],
};

function optionsOf(rate: TrainOptions["rate"], distortion: TrainOptions["distortion"]): TrainOptions {
  const temperature = graphInput("temperature", []);
  return {
    rate,
    distortion,
    zeroCenter: true,
    scaleBound: 0.11,
    noise: (name, shape, dither) => graphInput(`noise/${name}${dither === "shared" ? "/shared" : ""}`, shape),
    temperature: () => temperature,
  };
}

/** Bits of single values under the density of these tests, and their derivative by differences. */
function bitsOf(values: readonly number[]): number[] {
  const value = graphInput("value", [values.length]);
  const scale = constant(new Array<number>(values.length).fill(SCALE), [values.length]);
  const bits = elementBits(gaussianDensity(scale).likelihood(value));
  return [...evaluate({ bits }, { value: values }).bits.data];
}

const choices = SURROGATES.flatMap(({ id, form, gradients: modes }, index) =>
  modes.map((gradient) => ({
    name: `${surrogateName(SURROGATES[index] as (typeof SURROGATES)[number])}, ${gradient}`,
    index,
    choice: { id, gradient, dither: undefined, ...(form === null ? {} : { form }) },
  })),
);

/** Noise for each element even where the default is one number for each image, so that the tests share it. */
function withElementNoise(choice: (typeof choices)[number]["choice"], index: number) {
  return SURROGATES[index]?.noise === null ? choice : { ...choice, dither: "element" as const };
}

describe.each(choices)("$name", ({ choice, index }) => {
  const surrogate = SURROGATES[index] as (typeof SURROGATES)[number];
  const gradient: GradientMode = choice.gradient;
  const centred = LATENT.map((value, i) => value - MEAN[i]!);
  const { values, slopes, expected } = evaluateSurrogate(surrogate, centred, {
    noise: NOISE,
    secondNoise: SECOND,
    temperature: TEMPERATURE,
    gradient,
  });

  it("gives the latent on the rate path the gradient that its interface states, and the mean the opposite", () => {
    const { bits } = quantizeLatent("y", latent, {
      options: optionsOf(withElementNoise(choice, index), "ste"),
      mean,
      density: () => gaussianDensity(constant(new Array<number>(COUNT).fill(SCALE), SHAPE)),
    });
    const [toLatent, toMean] = gradients(bits, [latent, mean]) as [Tensor, Tensor];
    const result = evaluate({ bits: add(bits, 0), toLatent, toMean }, FEEDS);
    const total = bitsOf([...values]).reduce((sum, value) => sum + value, 0);
    expect(result.bits.data[0]).toBeCloseTo(total, 5);
    const step = 1e-5;
    const up = bitsOf([...values].map((value) => value + step));
    const down = bitsOf([...values].map((value) => value - step));
    const ends = expected === null ? null : { upper: bitsOf([...expected.upper]), lower: bitsOf([...expected.lower]) };
    for (let i = 0; i < COUNT; i++) {
      const stated =
        ends === null || expected === null
          ? slopes![i]! * ((up[i]! - down[i]!) / (2 * step))
          : expected.weight[i]! * (ends.upper[i]! - ends.lower[i]!);
      expect(Math.abs(result.toLatent.data[i]! - stated)).toBeLessThan(1e-4 * (1 + Math.abs(stated)));
      expect(result.toMean.data[i]! + result.toLatent.data[i]!).toBeCloseTo(0, 9);
    }
  });

  if (gradient === "expected") return; // The distortion path has no such mode.

  it("gives the latent on the distortion path value and slope as stated", () => {
    const { quantized } = quantizeLatent("y", latent, {
      options: optionsOf("ste", withElementNoise(choice, index)),
      mean,
      density: () => gaussianDensity(constant(new Array<number>(COUNT).fill(SCALE), SHAPE)),
    });
    const [toLatent] = gradients(reduceSum(multiply(quantized, weights)), [latent]) as [Tensor];
    const result = evaluate({ quantized, toLatent }, FEEDS);
    for (let i = 0; i < COUNT; i++) {
      expect(result.quantized.data[i]).toBeCloseTo(values[i]! + MEAN[i]!, 6);
      const stated = slopes![i]! * WEIGHTS[i]!;
      expect(Math.abs(result.toLatent.data[i]! - stated)).toBeLessThan(1e-6 * (1 + Math.abs(stated)));
    }
  });
});

describe("quantizeLatent", () => {
  it("shares one number of noise among all elements of an image where the dither is shared", () => {
    const { quantized } = quantizeLatent("y", latent, {
      options: optionsOf("ste", "uq"),
      mean: null,
      density: () => gaussianDensity(constant(new Array<number>(COUNT).fill(SCALE), SHAPE)),
    });
    const result = evaluate({ quantized }, { ...FEEDS, "noise/y/shared": [0.3, -0.2] });
    const residues = [...result.quantized.data].map((value) => Math.round((value - Math.floor(value)) * 1e9) / 1e9);
    expect(new Set(residues.slice(0, 6))).toEqual(new Set([0.7]));
    expect(new Set(residues.slice(6))).toEqual(new Set([0.2]));
  });

  it("has the same expected gradient under the learned density, whose layout is another", () => {
    const scope = ParameterScope.training();
    const { bits } = quantizeLatent("y", latent, {
      options: optionsOf({ id: "aun", gradient: "expected" }, "ste"),
      mean: null,
      density: () => factorizedDensity(scope.scope("d"), SHAPE),
    });
    const [toLatent] = gradients(bits, [latent]) as [Tensor];
    const parameters = Object.fromEntries(
      [...initializeParameters(scope.specs, 4)].map(([name, { data }]) => [parameterInputName(name), data]),
    );
    const given = evaluate({ toLatent }, { ...FEEDS, ...parameters }).toLatent.data;
    const own = ParameterScope.training();
    const density = factorizedDensity(own.scope("d"), SHAPE);
    const perElement = density.inValueShape(elementBits(density.likelihood(latent)));
    const at = (shift: number): Float64Array =>
      evaluate({ perElement }, { ...parameters, latent: LATENT.map((value) => value + shift) }).perElement
        .data as Float64Array;
    const [upper, lower] = [at(0.5), at(-0.5)];
    for (let i = 0; i < COUNT; i++) expect(given[i]).toBeCloseTo(upper[i]! - lower[i]!, 9);
  });

  it("refuses an expected gradient on the distortion path, and a surrogate without its temperature", () => {
    const density = () => gaussianDensity(constant(new Array<number>(COUNT).fill(SCALE), SHAPE));
    const run = (options: TrainOptions) => () => quantizeLatent("y", latent, { options, mean, density });
    expect(run(optionsOf("ste", { id: "aun", gradient: "expected" }))).toThrow(/distortion path: got .*expected/);
    const { temperature: _, ...withoutTemperature } = optionsOf("sga", "ste");
    expect(run(withoutTemperature)).toThrow(/no temperature for sga on the rate path/);
  });
});

describe.each(["factorized-prior", "mean-scale-hyperprior"] as const)("a tiny %s", (type) => {
  it.each(choices.filter(({ choice }) => choice.gradient !== "expected"))(
    "has a finite gradient for every parameter with $name on either path",
    ({ choice }) => {
      for (const pair of [
        { rate: choice, distortion: "ste" },
        { rate: "aun", distortion: choice },
      ] as const) {
        const scope = ParameterScope.training();
        const image = graphInput("image", [1, 3, 64, 64]);
        const options = { ...optionsOf(pair.rate, pair.distortion), partialStopGradient: "P1" } as const;
        const { reconstruction, bits } = trainNetwork(createNetwork({ type, N: 2, M: 2 }), scope, image, options);
        const loss = add(bits, multiply(reduceSum(multiply(reconstruction, reconstruction)), 0.1));
        const found = gradients(loss, [...scope.tensors.values()]);
        const feeds: Record<string, ArrayLike<number>> = {
          image: Float64Array.from({ length: 3 * 64 * 64 }, (_, i) => 0.5 + 0.4 * Math.sin(i / 7)),
          temperature: [TEMPERATURE],
        };
        for (const [name, { data }] of initializeParameters(scope.specs, 3)) feeds[parameterInputName(name)] = data;
        for (const [name, count] of [
          ["y", 32],
          ["z", 2],
        ] as const) {
          feeds[`noise/${name}`] = NOISE.concat(NOISE, NOISE).slice(0, count);
          feeds[`noise/${name}/second`] = SECOND.concat(SECOND, SECOND).slice(0, count);
          feeds[`noise/${name}/shared`] = [0.21];
        }
        const result = evaluate(Object.fromEntries(found.map((tensor, i) => [`g${i}`, tensor])), feeds);
        for (const { data } of Object.values(result)) expect(data.every(Number.isFinite)).toBe(true);
        expect(Object.values(result).some(({ data }) => data.some((value) => value !== 0))).toBe(true);
      }
    },
  );
});
