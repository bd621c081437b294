import { describe, expect, it } from "vitest";
import { type BothWays, evaluateBoth } from "../../test/support/evaluate-both.ts";
import type { ReferenceArray, Tensor } from "../engine/graph/tensor.ts";
import {
  add,
  arrayOf,
  CounterRandom,
  defineGraph,
  elementCount,
  evaluate,
  type FloatArray,
  gradients,
  graphInput,
  multiply,
  reduceMean,
  square,
  subtract,
} from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openSession } from "../engine/runtime/session.ts";
import { NETWORK_TYPES, type NetworkConfig, type NetworkType } from "./architecture-table.ts";
import { createNetwork } from "./create-network.ts";
import { entropyLayers, floatOps } from "./entropy/index.ts";
import { initializeParameters } from "./initialize-parameters.ts";
import type { Network, TrainOptions } from "./network.ts";
import { ParameterScope, parameterInputName } from "./parameters.ts";
import { qualityShape, qualityWeights } from "./quality.ts";
import { trainNetwork } from "./train-network.ts";

const OPTIONS: TrainOptions = {
  rate: "aun",
  distortion: "ste",
  zeroCenter: true,
  scaleBound: 0.11,
  noise: (name, shape, dither) => graphInput(`noise/${name}${dither === "shared" ? "/shared" : ""}`, shape),
};

const TINY_STRUCTURE = { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 4 } as const;

/** Widths in which a network exists and its reference evaluation takes no minutes. */
function tinyConfig(type: NetworkType): NetworkConfig {
  if (type.startsWith("cheng2020")) return { type, N: 8, M: 8 };
  // Half of the channels go through rectifiers in the bottlenecks of ELIC: of fewer, all may be below zero from the start.
  if (type === "elic") return { type, N: 8, M: 10 };
  if (type === "halfstep") return { type, N: 8, M: 6, structure: TINY_STRUCTURE };
  return { type, N: 4, M: type === "channel-conditional" ? 10 : 6 };
}

function tiny(type: NetworkType): Network {
  return createNetwork(tinyConfig(type));
}

function draw(count: number, stream: number, low: number, high: number): Float32Array {
  const data = new Float32Array(count);
  new CounterRandom(21).fillUniform(data, 0, stream, low, high);
  return data;
}

function scaleWeights(weights: Float32Array | undefined, gain: number): void {
  weights?.forEach((weight, i) => {
    weights[i] = weight * gain;
  });
}

/** The loss of a tiny network on one image of 64 x 64, its parameters, and values for all inputs. */
function trainingGraph(type: NetworkType, options: TrainOptions) {
  const scope = ParameterScope.training();
  const image = graphInput("image", [1, 3, 64, 64]);
  const network = tiny(type);
  const quality = network.variableRate ? graphInput("quality", qualityShape(1)) : undefined;
  const outputs = trainNetwork(network, scope, image, { ...options, quality });
  const distortion = multiply(reduceMean(square(subtract(outputs.reconstruction, image))), 50);
  const loss = add(multiply(outputs.bits, 1 / 4096), distortion);
  const feeds: Record<string, Float32Array> = {
    image: draw(3 * 64 * 64, 0, 0, 1),
    "noise/y": draw(16 * network.sizes.M, 1, -0.5, 0.5),
    "noise/z": draw(network.coding === "hyperprior" ? network.zChannels : network.sizes.N, 2, -0.5, 0.5),
    quality: qualityWeights([0.4]),
  };
  for (const [i, { name, initializer }] of scope.specs.entries()) {
    const data = arrayOf(initializeParameters(scope.specs, 1), name).data;
    // What begins at zero keeps the gradient from what comes before it.
    const isZero = initializer.kind === "constant" && initializer.value === 0;
    feeds[parameterInputName(name)] = isZero ? draw(data.length, 50 + i, -0.2, 0.2) : data;
  }
  // Latents of the size that trained networks have: without a gain nearly all of them would round to 0.
  for (const layer of ["ga.conv3", "ha.conv2"]) scaleWeights(feeds[parameterInputName(`${layer}.weight`)], 40);
  // Scales well above their bound, where its gradient rule is the derivative.
  for (const { layer, result } of network.coding === "hyperprior" ? entropyLayers(network).values() : []) {
    // Not residuals: they go through a hyperbolic tangent, whose slope float32 loses there.
    if (result === "real" && !layer.name.startsWith("residual"))
      feeds[parameterInputName(`${layer.name}.bias`)]?.fill(6);
  }
  return { ...outputs, scope, loss, feeds };
}

// Published counts, in millions. They include three quantiles for each channel of the learned density, which do not exist
// here: 1e-3 of a million at most, below the precision of the figures.
const PUBLISHED_COUNTS = [
  ["factorized-prior", 128, 192, 3.0],
  ["factorized-prior", 192, 320, 7.03],
  ["mean-scale-hyperprior", 128, 192, 7.03],
  ["mean-scale-hyperprior", 192, 320, 17.56],
  ["scale-hyperprior", 64, 96, 1.28],
  ["scale-hyperprior", 128, 192, 5.08],
  ["scale-hyperprior", 192, 320, 11.82],
  ["joint-autoregressive", 192, 192, 14.13],
  ["joint-autoregressive", 192, 320, 25.5],
  ["cheng2020-anchor", 128, 128, 11.83],
  ["cheng2020-anchor", 192, 192, 26.6],
  ["cheng2020-attention", 128, 128, 13.18],
  ["cheng2020-attention", 192, 192, 29.63],
  ["elic", 192, 320, 32.07],
] as const;
/** Networks for which no count is published, and why. */
const WITHOUT_PUBLISHED_COUNT: Readonly<Partial<Record<NetworkType, string>>> = {
  "channel-conditional": "we know of no published count",
  halfstep: "our own; network-cost.test.ts has its count",
};

describe("parameter counts", () => {
  it("are compared with published ones wherever there are any", () => {
    const known = [...PUBLISHED_COUNTS.map(([type]) => type), ...Object.keys(WITHOUT_PUBLISHED_COUNT)];
    expect([...new Set(known)].sort()).toEqual([...NETWORK_TYPES].sort());
  });

  it.each(PUBLISHED_COUNTS)("%s (%i, %i) has %f million", (type, N, M, millions) => {
    const scope = ParameterScope.training();
    trainNetwork(createNetwork({ type, N, M }), scope, graphInput("image", [1, 3, 64, 64]), OPTIONS);
    const count = scope.specs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
    const quantiles = 3 * (type === "factorized-prior" ? M : N);
    expect((count / 1e6).toFixed(2)).toBe(millions.toFixed(2));
    expect(((count + quantiles) / 1e6).toFixed(2)).toBe(millions.toFixed(2));
  });
});

describe.each(NETWORK_TYPES)("the training graph of a tiny %s", (type) => {
  it("keeps the image's shape and counts the bits of its parts", () => {
    const { reconstruction, bits, parts, feeds } = trainingGraph(type, OPTIONS);
    expect(reconstruction.shape).toEqual([1, 3, 64, 64]);
    const z = parts.z ?? graphInput("none", []);
    const result = evaluate({ bits: add(bits, 0), y: add(parts.y, 0), z }, { ...feeds, none: [0] });
    expect(result.bits.data[0]).toBeGreaterThan(0);
    expect(result.y.data[0]! + result.z.data[0]!).toBeCloseTo(result.bits.data[0]!, 9);
  });

  it("has a gradient that reaches every parameter, and onnxruntime finds the reference's", async () => {
    const { scope, loss, feeds } = trainingGraph(type, OPTIONS);
    const found = gradients(loss, [...scope.tensors.values()]);
    const names = [...scope.tensors.keys()];
    const outputs = Object.fromEntries(names.map((name, i) => [`gradient/${name}`, found[i]!]));
    const both = await evaluateBoth({ loss, ...outputs }, feeds);
    for (const name of names) {
      const { float32, float64 } = both[`gradient/${name}`] as BothWays;
      const size = Math.sqrt(float64.reduce((sum, g) => sum + g * g, 0));
      const error = Math.sqrt(float64.reduce((sum, g, i) => sum + (g - float32[i]!) ** 2, 0));
      expect(size, name).toBeGreaterThan(0);
      expect(error / size, name).toBeLessThan(1e-3);
    }
  });

  it("has the gradients of differences under additive noise, which leaves no jumps", () => {
    const { scope, loss, feeds } = trainingGraph(type, { ...OPTIONS, distortion: "aun" });
    const found = gradients(loss, [...scope.tensors.values()]);
    const names = [...scope.tensors.keys()];
    const result = evaluate(Object.fromEntries(names.map((name, i) => [name, found[i]!])), feeds);
    // One direction in the space of all parameters; rectifiers have kinks, hence a small step and a loose bound.
    const direction = new Map(
      names.map((name, i) => [name, draw(elementCount(found[i]?.shape ?? []), 100 + i, -1, 1)]),
    );
    const along = (step: number): number => {
      const moved: Record<string, ArrayLike<number>> = { ...feeds };
      for (const [name, by] of direction) {
        const input = parameterInputName(name);
        moved[input] = Float64Array.from(feeds[input] ?? [], (value, i) => value + step * by[i]!);
      }
      return evaluate({ loss }, moved).loss.data[0]!;
    };
    let slope = 0;
    for (const [name, by] of direction) {
      by.forEach((component, i) => {
        slope += component * (result[name] as ReferenceArray).data[i]!;
      });
    }
    const difference = (along(1e-8) - along(-1e-8)) / 2e-8;
    expect(Math.abs(difference / slope - 1)).toBeLessThan(1e-4);
  });
});

// Of the networks without a context: what one with a context decodes is tested where it is coded.
describe.each(["factorized-prior", "mean-scale-hyperprior"] as const)("the pieces of a tiny %s", (type) => {
  const { feeds, scope } = trainingGraph(type, OPTIONS);
  const weights = new Map<string, FloatArray>(
    scope.specs.map(({ name, shape }) => [name, { shape, data: feeds[parameterInputName(name)]! }]),
  );

  it("run with an open image size and agree with the graph that evaluates by real rounding", async () => {
    const network = tiny(type);
    // Exported at 64 x 64, run at 128 x 64.
    const image = graphInput("image", [1, 3, 64, 64]);
    const pixels = draw(3 * 128 * 64, 7, 0, 1);
    const run = async (
      outputs: Record<string, Tensor>,
      inputs: Record<string, { data: Float32Array; shape: number[] }>,
    ) => {
      const session = await openSession(exportOnnx(defineGraph(outputs), { openImageSize: true }));
      try {
        return await session.run(new Map(Object.entries(inputs)));
      } finally {
        await session.close();
      }
    };
    const analysed = await run(
      { y: network.analysis(ParameterScope.frozen(weights), image) },
      { image: { data: pixels, shape: [1, 3, 128, 64] } },
    );
    const y = arrayOf(analysed, "y").data;
    expect(y.length).toBe(6 * 8 * 4);
    let yHat = Float32Array.from(y, roundHalfEven);
    if (network.coding === "hyperprior") {
      const zRounded = graphInput("zRounded", [1, 4, 1, 1]);
      const hyper = await run(
        { z: network.hyperAnalysis(ParameterScope.frozen(weights), graphInput("y", [1, 6, 4, 4])) },
        { y: { data: y, shape: [1, 6, 8, 4] } },
      );
      const z = Float32Array.from(arrayOf(hyper, "z").data, roundHalfEven);
      const predicted = await run(
        { features: network.hyperSynthesis(floatOps(ParameterScope.frozen(weights)), zRounded) },
        { zRounded: { data: z, shape: [1, 4, 2, 1] } },
      );
      const features = arrayOf(predicted, "features").data;
      expect(features.length).toBe(2 * y.length);
      const mean = features.subarray(y.length);
      yHat = Float32Array.from(y, (value, i) => roundHalfEven(value - mean[i]!) + mean[i]!);
    }
    const synthesized = await run(
      { x: network.synthesis(ParameterScope.frozen(weights), graphInput("yHat", [1, 6, 4, 4])) },
      { yHat: { data: yHat, shape: [1, 6, 8, 4] } },
    );

    const whole = trainNetwork(network, ParameterScope.frozen(weights), graphInput("image", [1, 3, 128, 64]), {
      ...OPTIONS,
      rate: "ste",
      distortion: "ste",
    });
    const expected = evaluate({ x: whole.reconstruction }, { image: pixels }).x.data;
    const x = arrayOf(synthesized, "x").data;
    expect(x.length).toBe(expected.length);
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i]!)), 0);
    expect(worst).toBeLessThan(1e-3);
    expect(y.some((value) => Math.abs(value) > 1)).toBe(true);
  });
});

describe("createNetwork", () => {
  it("refuses widths that are not positive integers and unknown types", () => {
    expect(() => createNetwork({ type: "factorized-prior", N: 0, M: 4 })).toThrow(RangeError);
    expect(() => createNetwork({ type: "factorized-prior", N: 4, M: 1.5 })).toThrow(RangeError);
    const unknown = JSON.parse('{"type": "toString", "N": 4, "M": 4}') as NetworkConfig;
    expect(() => createNetwork(unknown)).toThrow("factorized-prior, scale-hyperprior");
  });
});

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
