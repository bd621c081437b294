import { describe, expect, it } from "vitest";
import { type BothWays, evaluateBoth } from "../../../test/support/evaluate-both.ts";
import {
  CounterRandom,
  elementCount,
  evaluate,
  gradients,
  graphInput,
  multiply,
  reduceSum,
  type Tensor,
} from "../../engine/index.ts";
import { initializeParameters } from "../initialize-parameters.ts";
import { ParameterScope, parameterInputName } from "../parameters.ts";
import { attention } from "./attention.ts";
import { bottleneckStack, residualBottleneck } from "./bottleneck.ts";
import { residualBlock, residualDown, residualUp } from "./residual-blocks.ts";
import { subpixelConv } from "./subpixel.ts";

type Layer = (scope: ParameterScope, x: Tensor) => Tensor;

const block: Layer = (scope, x) => residualBlock(scope, x, { channels: 6 });
const wider: Layer = (scope, x) => residualBlock(scope, x, { channels: 8 });
const down: Layer = (scope, x) => residualDown(scope, x, { channels: 8 });
const up: Layer = (scope, x) => residualUp(scope, x, { channels: 8 });
const subpixel: Layer = (scope, x) => subpixelConv(scope, x, { channels: 3 });

/** Output of a layer whose parameters have the given values, for one value of x; names without a value are filled with 0. */
function run(layer: Layer, shape: readonly number[], x: readonly number[], given: Record<string, number[]>): number[] {
  const scope = ParameterScope.training();
  const output = layer(scope, graphInput("x", shape));
  const weights = scope.specs.map(({ name, shape }) => {
    return [parameterInputName(name), given[name] ?? new Float64Array(elementCount(shape))] as const;
  });
  const unknown = Object.keys(given).filter((name) => !scope.tensors.has(name));
  expect(unknown).toEqual([]);
  return [...evaluate({ output }, { ...Object.fromEntries(weights), x }).output.data];
}

/** A 3x3 kernel that copies, times a factor. */
const centre = (factor: number): number[] => [0, 0, 0, 0, factor, 0, 0, 0, 0];

describe.each<[string, Layer, number, readonly number[], Record<string, readonly number[]>]>([
  ["residualBlock", block, 6, [1, 6, 6, 8], { conv1: [6, 6, 3, 3], conv2: [6, 6, 3, 3] }],
  [
    "residualBlock that changes the channels",
    wider,
    6,
    [1, 8, 6, 8],
    { conv1: [8, 6, 3, 3], conv2: [8, 8, 3, 3], skip: [8, 6, 1, 1] },
  ],
  ["residualDown", down, 6, [1, 8, 3, 4], { conv1: [8, 6, 3, 3], conv2: [8, 8, 3, 3], skip: [8, 6, 1, 1] }],
  ["residualUp", up, 6, [1, 8, 12, 16], { subpixel: [32, 6, 3, 3], conv: [8, 8, 3, 3], skip: [32, 6, 3, 3] }],
  ["subpixelConv", subpixel, 6, [1, 3, 12, 16], { "": [12, 6, 3, 3] }],
  [
    "residualBottleneck",
    residualBottleneck,
    6,
    [1, 6, 6, 8],
    { conv1: [3, 6, 1, 1], conv2: [3, 3, 3, 3], conv3: [6, 3, 1, 1] },
  ],
  [
    "bottleneckStack",
    (scope, x) => bottleneckStack(scope, x, 2),
    4,
    [1, 4, 6, 8],
    Object.fromEntries(
      [0, 1].flatMap((i) => [
        [`block${i}.conv1`, [2, 4, 1, 1]],
        [`block${i}.conv2`, [2, 2, 3, 3]],
        [`block${i}.conv3`, [4, 2, 1, 1]],
      ]),
    ),
  ],
  [
    "attention",
    attention,
    4,
    [1, 4, 6, 8],
    Object.fromEntries([
      ...["a", "b"].flatMap((branch) =>
        [0, 1, 2].flatMap((i) => [
          [`${branch}.unit${i}.conv1`, [2, 4, 1, 1]],
          [`${branch}.unit${i}.conv2`, [2, 2, 3, 3]],
          [`${branch}.unit${i}.conv3`, [4, 2, 1, 1]],
        ]),
      ),
      ["b.conv", [4, 4, 1, 1]],
    ]),
  ],
])("%s", (_name, layer, inputChannels, outputShape, kernels) => {
  const scope = ParameterScope.training();
  const x = graphInput("x", [1, inputChannels, 6, 8]);
  const output = layer(scope, x);

  it("has the shape and the convolutions of the published layer, each with a bias", () => {
    expect(output.shape).toEqual(outputShape);
    const shapes = Object.fromEntries(scope.specs.map(({ name, shape }) => [name, shape]));
    const expected = Object.entries(kernels).flatMap(([name, shape]) => {
      const prefix = name === "" ? "" : `${name}.`;
      return [
        [`${prefix}weight`, shape],
        [`${prefix}bias`, [shape[0]]],
      ];
    });
    const convolutions = Object.entries(shapes).filter(([name]) => !name.includes("gdn"));
    expect(Object.fromEntries(convolutions)).toEqual(Object.fromEntries(expected));
  });

  it("has a gradient that reaches the input and every parameter, and onnxruntime finds the reference's", async () => {
    const weights = graphInput("weights", outputShape);
    const loss = reduceSum(multiply(output, weights));
    const names = ["x", ...scope.tensors.keys()];
    const found = gradients(loss, [x, ...scope.tensors.values()]);
    const draw = (count: number, stream: number): Float32Array => {
      const data = new Float32Array(count);
      new CounterRandom(4).fillUniform(data, 0, stream, -1, 1);
      return data;
    };
    const feeds: Record<string, Float32Array> = {
      x: draw(elementCount(x.shape), 0),
      weights: draw(elementCount(outputShape), 1),
    };
    for (const [name, { data }] of initializeParameters(scope.specs, 2)) feeds[parameterInputName(name)] = data;
    const both = await evaluateBoth(Object.fromEntries(names.map((name, i) => [`to ${name}`, found[i]!])), feeds);
    for (const name of names) {
      const { float32, float64 } = both[`to ${name}`] as BothWays;
      const size = Math.hypot(...float64);
      expect(size, name).toBeGreaterThan(0);
      // float32 sums of a few hundred terms.
      expect(Math.hypot(...float64.map((g, i) => g - float32[i]!)) / size, name).toBeLessThan(1e-5);
    }
  });
});

describe("subpixelConv", () => {
  it("lays channel 4 c + 2 dy + dx out at the pixel (dy, dx) of channel c, as PyTorch's PixelShuffle", () => {
    // The convolution gives channel i the value i: biases alone.
    const layer: Layer = (scope, x) => subpixelConv(scope, x, { channels: 2 });
    const output = run(layer, [1, 1, 1, 2], [0, 0], { bias: [0, 1, 2, 3, 4, 5, 6, 7] });
    // biome-ignore format: two channels of two rows
    expect(output).toEqual([
      0, 1, 0, 1,
      2, 3, 2, 3,
      4, 5, 4, 5,
      6, 7, 6, 7,
    ]);
  });

  it("enlarges by other factors, with other kernels", () => {
    const layer: Layer = (scope, x) => subpixelConv(scope, x, { channels: 1, kernel: 1, factor: 3 });
    const output = run(layer, [1, 1, 1, 1], [2], { weight: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    expect(output).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });
});

describe("the values by hand", () => {
  const slope = Math.fround(0.01);

  it("residualBlock: x + LReLU(3 LReLU(2 x + 1) - 1)", () => {
    const output = run((scope, x) => residualBlock(scope, x, { channels: 1 }), [1, 1, 1, 2], [4, -3], {
      "conv1.weight": centre(2),
      "conv1.bias": [1],
      "conv2.weight": centre(3),
      "conv2.bias": [-1],
    });
    expect(output[0]).toBe(4 + 3 * 9 - 1);
    expect(output[1]).toBeCloseTo(-3 + slope * (3 * (slope * -5) - 1), 12);
  });

  it("residualDown: GDN(3 LReLU(2 x)) + 5 x of every second pixel", () => {
    const output = run((scope, x) => residualDown(scope, x, { channels: 1 }), [1, 1, 2, 2], [4, 100, 100, 100], {
      "conv1.weight": centre(2),
      "conv2.weight": centre(3),
      "gdn.gamma": [Math.sqrt(0.5)],
      "gdn.beta": [Math.sqrt(2)],
      "skip.weight": [5],
    });
    // The reparametrisation of gamma and beta takes off 2^-36.
    expect(output).toHaveLength(1);
    expect(output[0]).toBeCloseTo(24 / Math.sqrt(2 + 0.5 * 24 ** 2) + 20, 6);
  });

  it("residualUp: IGDN(3 LReLU(k x)) + j x, with k and j of the pixel's place", () => {
    const output = run((scope, x) => residualUp(scope, x, { channels: 1 }), [1, 1, 1, 1], [2], {
      "subpixel.weight": [1, 2, 3, 4].flatMap(centre),
      "conv.weight": centre(3),
      "igdn.gamma": [Math.sqrt(0.5)],
      "igdn.beta": [Math.sqrt(2)],
      "skip.weight": [10, 20, 30, 40].flatMap(centre),
    });
    [1, 2, 3, 4].forEach((k, i) => {
      const value = 3 * k * 2;
      expect(output[i]).toBeCloseTo(value * Math.sqrt(2 + 0.5 * value ** 2) + 10 * k * 2, 6);
    });
  });

  const bottleneck = (prefix: string): Record<string, number[]> => ({
    [`${prefix}conv1.weight`]: [1, 2],
    [`${prefix}conv2.weight`]: centre(3),
    [`${prefix}conv3.weight`]: [1, -4],
  });

  it("residualBottleneck: x + 1x1 of ReLU(3 ReLU(x0 + 2 x1)), with nothing behind the sum", () => {
    expect(run(residualBottleneck, [1, 2, 1, 1], [1, 2], bottleneck(""))).toEqual([1 + 15, 2 - 60]);
    expect(run(residualBottleneck, [1, 2, 1, 1], [1, -2], bottleneck(""))).toEqual([1, -2]);
    expect(() => run(residualBottleneck, [1, 1, 1, 1], [1], {})).toThrow(RangeError);
  });

  it("attention: x + a sigmoid(b), units with a ReLU behind the sum", () => {
    const given = { ...bottleneck("a.unit0."), "b.conv.weight": [0.1, 0, 0, 0.2], "b.conv.bias": [0, -1] };
    // Units of zero weights are ReLU alone. a: (16, -58) -> (16, 0). b: ReLU(1, 2) = (1, 2) -> (0.1, 0.4 - 1).
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    const positive = run(attention, [1, 2, 1, 1], [1, 2], given);
    expect(positive[0]).toBeCloseTo(1 + 16 * sigmoid(0.1), 12);
    expect(positive[1]).toBe(2);
    // a: ReLU(3, -1) = (3, 0) in all units, but its first unit adds 3 ReLU(1) (1, -4). b: (0.3, -1).
    const mixed = run(attention, [1, 2, 1, 1], [3, -1], given);
    expect(mixed[0]).toBeCloseTo(3 + 6 * sigmoid(0.3), 12);
    expect(mixed[1]).toBe(-1);
  });
});
