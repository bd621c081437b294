/**
 * Uses of every operation, on which the tests compare onnxruntime with float64 and gradients with finite differences. The
 * type asks for examples of each op: one without them does not compile. Not part of the published interface.
 */
import type { Shape } from "../../src/engine/graph/shape.ts";
import { applyOp, type Tensor } from "../../src/engine/graph/tensor.ts";
import { add, divide, multiply, negate, type Operand, subtract } from "../../src/engine/ops/arithmetic.ts";
import { expand, reduceSum } from "../../src/engine/ops/broadcast.ts";
import {
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  maximum,
  minimum,
  select,
} from "../../src/engine/ops/compare.ts";
import {
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  conv2dKernelGradientOp,
  convTranspose2d,
} from "../../src/engine/ops/convolution.ts";
import * as functions from "../../src/engine/ops/functions.ts";
import { stopGradient, withGradient } from "../../src/engine/ops/gradient-control.ts";
import { type MatMulOptions, matMul } from "../../src/engine/ops/matmul.ts";
import { reduceMean } from "../../src/engine/ops/mean.ts";
import { depthToSpace, spaceToDepth } from "../../src/engine/ops/resample.ts";
import { reshape, transpose } from "../../src/engine/ops/reshape.ts";
import { concat, pad, type SliceRange, slice } from "../../src/engine/ops/slicing.ts";
import { softmax } from "../../src/engine/ops/softmax.ts";
import { constant } from "../../src/engine/ops/sources.ts";
import type { OperatorName } from "../../src/engine/ops/table.ts";

/** One input of an example and the values that it is tested with. */
export interface ExampleInput {
  readonly shape: Shape;
  /** Values are uniform between these. */
  readonly low: number;
  readonly high: number;
  /** Values that are not approached, because the derivative jumps there. */
  readonly avoid?: readonly number[];
  /** Why no gradient reaches this input. Without it, one does. */
  readonly noGradient?: string;
}

/** One use of an operation. */
export interface Example {
  readonly description: string;
  readonly inputs: readonly ExampleInput[];
  build(inputs: readonly Tensor[]): Tensor;
}

const STEPS = "the result is piecewise constant";

function example(
  description: string,
  inputs: readonly (Shape | ExampleInput)[],
  build: (...inputs: [Tensor, Tensor, Tensor]) => Tensor,
): Example {
  return {
    description,
    inputs: inputs.map((input) => ("shape" in input ? input : { shape: input, low: -2, high: 2 })),
    build: (tensors) => build(...(tensors as [Tensor, Tensor, Tensor])),
  };
}

/** A function of one tensor on a scalar, an odd vector and an image. */
function unary(apply: (x: Tensor) => Tensor, values: Omit<ExampleInput, "shape"> = { low: -3, high: 3 }): Example[] {
  const shapes: readonly Shape[] = [[], [17], [2, 3, 5, 3]];
  return shapes.map((shape) => example(`of shape [${shape}]`, [{ shape, ...values }], (x) => apply(x)));
}

/** A function of two tensors, with every kind of broadcast. */
function binary(
  apply: (a: Operand, b: Operand) => Tensor,
  first: Omit<ExampleInput, "shape"> = { low: -2, high: 2 },
  second: Omit<ExampleInput, "shape"> = first,
): Example[] {
  const shapes: readonly (readonly [Shape, Shape])[] = [
    [[7], [7]],
    [[], [3, 5]],
    [
      [2, 3, 4, 5],
      [3, 1, 1],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
  ];
  return shapes.map(([a, b]) =>
    example(
      `of [${a}] and [${b}]`,
      [
        { shape: a, ...first },
        { shape: b, ...second },
      ],
      (x, y) => apply(x, y),
    ),
  );
}

/** Comparisons of numbers rounded to integers, so that equality occurs. */
function comparison(apply: (a: Operand, b: Operand) => Tensor): Example[] {
  return binary((a, b) => apply(functions.round(a as Tensor), functions.round(b as Tensor)), {
    low: -2,
    high: 2,
    noGradient: STEPS,
  });
}

function convolution(x: Shape, kernel: Shape, options: Conv2dOptions = {}, bias = false): Example {
  const build = (image: Tensor, taps: Tensor, offset: Tensor): Tensor =>
    conv2d(image, taps, bias ? { ...options, bias: offset } : options);
  const shapes = bias ? [x, kernel, [kernel[0]!]] : [x, kernel];
  return example(`[${x}] * [${kernel}] ${JSON.stringify(options)}${bias ? " with bias" : ""}`, shapes, build);
}

function transposedConvolution(x: Shape, kernel: Shape, options: ConvTranspose2dOptions = {}, bias = false): Example {
  const build = (image: Tensor, taps: Tensor, offset: Tensor): Tensor =>
    convTranspose2d(image, taps, bias ? { ...options, bias: offset } : options);
  const shapes = bias ? [x, kernel, [kernel[1]! * (options.groups ?? 1)]] : [x, kernel];
  return example(`[${x}] * [${kernel}] ${JSON.stringify(options)}${bias ? " with bias" : ""}`, shapes, build);
}

function kernelGradient(x: Shape, g: Shape, kernel: readonly [number, number], options: Conv2dOptions = {}): Example {
  const attributes = { stride: 1, padding: 0, dilation: 1, groups: 1, ...options, kernel };
  return example(
    `[${x}] and [${g}] to ${kernel[0]}x${kernel[1]} ${JSON.stringify(options)}`,
    [x, g],
    (image, gradient) => applyOp(conv2dKernelGradientOp, [image, gradient], attributes),
  );
}

function product(a: Shape, b: Shape, options: MatMulOptions = {}): Example {
  return example(`[${a}] x [${b}] ${JSON.stringify(options)}`, [a, b], (x, y) => matMul(x, y, options));
}

function cut(shape: Shape, range: SliceRange): Example {
  return example(`[${shape}] ${JSON.stringify(range)}`, [shape], (x) => slice(x, range));
}

/** Examples of every operation. */
export const examples: Readonly<Record<OperatorName, readonly Example[]>> = {
  constant: [
    example("a scalar factor", [[2, 3]], (x) => multiply(x, constant(0.3))),
    example("a vector factor", [[2, 3]], (x) => multiply(x, constant([1.5, -2, 0.1], [3]))),
    example("a large one", [[10, 10]], (x) =>
      multiply(
        x,
        constant(
          Float32Array.from({ length: 100 }, (_, i) => i / 9),
          [10, 10],
        ),
      ),
    ),
  ],
  reshape: [
    example("to a vector", [[2, 3, 5]], (x) => reshape(x, [30])),
    example("from a scalar", [[]], (x) => reshape(x, [1, 1])),
    example("other axes", [[4, 3, 2]], (x) => reshape(x, [2, 6, 2])),
  ],
  transpose: [
    example("a matrix", [[3, 5]], (x) => transpose(x, [1, 0])),
    example("channels last", [[2, 3, 4, 5]], (x) => transpose(x, [0, 2, 3, 1])),
    example("a cycle that is not its own inverse", [[2, 3, 4]], (x) => transpose(x, [2, 0, 1])),
  ],
  "reduce-sum": [
    example("all axes", [[2, 3, 5]], (x) => reduceSum(x)),
    example("the middle axis, kept", [[2, 3, 5]], (x) => reduceSum(x, { axes: [1], keepAxes: true })),
    example("image axes", [[2, 3, 5, 7]], (x) => reduceSum(x, { axes: [-1, -2] })),
    example("batch and image axes", [[2, 3, 4, 1]], (x) => reduceSum(x, { axes: [0, 2, 3] })),
  ],
  "reduce-mean": [
    example("all axes", [[2, 3, 5]], (x) => reduceMean(x)),
    example("image axes, kept", [[2, 3, 5, 7]], (x) => reduceMean(x, { axes: [2, 3], keepAxes: true })),
    example("the first axis", [[3, 4]], (x) => reduceMean(x, { axes: [0] })),
  ],
  expand: [
    example("a scalar", [[]], (x) => expand(x, [2, 3])),
    example("an inner axis", [[2, 1, 3]], (x) => expand(x, [2, 4, 3])),
    example("new axes and an inner one", [[3, 1]], (x) => expand(x, [2, 3, 5])),
  ],
  add: binary(add),
  subtract: binary(subtract),
  multiply: binary(multiply),
  divide: [
    ...binary(divide, { low: -2, high: 2 }, { low: 0.5, high: 3 }),
    ...binary(divide, { low: -2, high: 2 }, { low: -3, high: -0.5 }),
  ],
  negate: unary(negate),
  abs: unary(functions.abs, { low: -2, high: 2, avoid: [0] }),
  sign: unary(functions.sign, { low: -2, high: 2, noGradient: STEPS }),
  floor: unary(functions.floor, { low: -4, high: 4, noGradient: STEPS }),
  ceil: unary(functions.ceil, { low: -4, high: 4, noGradient: STEPS }),
  round: unary(functions.round, { low: -4, high: 4, noGradient: STEPS }),
  exp: unary(functions.exp),
  log: unary(functions.log, { low: 0.1, high: 9 }),
  sqrt: unary(functions.sqrt, { low: 0.1, high: 9 }),
  square: unary(functions.square),
  reciprocal: [
    ...unary(functions.reciprocal, { low: 0.3, high: 4 }),
    ...unary(functions.reciprocal, { low: -4, high: -0.3 }),
  ],
  tanh: unary(functions.tanh),
  atanh: unary(functions.atanh, { low: -0.9, high: 0.9 }),
  sigmoid: unary(functions.sigmoid, { low: -8, high: 8 }),
  softplus: unary(functions.softplus, { low: -8, high: 8 }),
  relu: unary(functions.relu, { low: -2, high: 2, avoid: [0] }),
  "leaky-relu": [
    ...unary((x) => functions.leakyRelu(x, 0.01), { low: -2, high: 2, avoid: [0] }),
    ...unary((x) => functions.leakyRelu(x, 0.3), { low: -2, high: 2, avoid: [0] }),
  ],
  erf: unary(functions.erf),
  erfc: unary(functions.erfc, { low: -4, high: 6 }),
  greater: comparison(greater),
  "greater-or-equal": comparison(greaterOrEqual),
  less: comparison(less),
  "less-or-equal": comparison(lessOrEqual),
  equal: comparison(equal),
  select: [
    example(
      "a computed mask",
      [{ shape: [3, 5], low: -1, high: 1, noGradient: "it is a mask" }, [3, 5], [3, 5]],
      (m, a, b) => select(greater(m, 0), a, b),
    ),
    example("a constant mask that broadcasts", [[2, 2, 3], [3]], (a, b) => select(constant([1, 0], [2, 1]), a, b)),
    example("a mask that widens both", [[3], [2, 1]], (a, b) => select(constant([0, 1, 1, 0], [4, 1, 1]), a, b)),
    example("a number instead of a tensor", [[2, 4]], (x) => select(constant([1, 0, 0, -3], [4]), x, 0.5)),
  ],
  minimum: binary(minimum),
  maximum: binary(maximum),
  slice: [
    cut([11], { starts: [3], ends: [8] }),
    cut([2, 6, 3, 5], { starts: [1], ends: [4], axes: [1] }),
    cut([2, 3, 7, 5], { starts: [1, 0], ends: [-1, 3], axes: [-2, -1] }),
    cut([4, 3], { starts: [-2, 0], ends: [4, 1] }),
  ],
  pad: [
    example("a vector", [[5]], (x) => pad(x, [2], [1])),
    example("an image", [[2, 3, 3, 2]], (x) => pad(x, [0, 0, 1, 0], [0, 0, 2, 3])),
    example("all axes", [[1, 2, 3]], (x) => pad(x, [1, 0, 2], [0, 1, 1])),
  ],
  concat: [
    example(
      "channels",
      [
        [2, 3, 2, 3],
        [2, 1, 2, 3],
        [2, 2, 2, 3],
      ],
      (a, b, c) => concat([a, b, c], 1),
    ),
    example(
      "the last axis",
      [
        [2, 3],
        [2, 5],
      ],
      (a, b) => concat([a, b], -1),
    ),
    example("a tensor with itself", [[3]], (x) => concat([x, x], 0)),
  ],
  softmax: [
    example("the last axis", [[3, 5]], (x) => softmax(x, -1)),
    example("channels", [[2, 4, 3, 2]], (x) => softmax(x, 1)),
    example("large values", [{ shape: [2, 5], low: 300, high: 310 }], (x) => softmax(x, 1)),
  ],
  "mat-mul": [
    product([3, 5], [5, 2]),
    product([5, 3], [5, 2], { transposeA: true }),
    product([3, 5], [2, 5], { transposeB: true }),
    product([5, 3], [2, 5], { transposeA: true, transposeB: true }),
    product([2, 4, 3], [3, 5]),
    product([2, 4, 3], [5, 3], { transposeB: true }),
    product([2, 3, 4], [3, 5], { transposeA: true }),
    product([3, 4], [2, 4, 3], { transposeB: false }),
    product([2, 1, 3, 4], [5, 4, 2]),
    product([2, 3, 4, 3], [2, 3, 5, 4], { transposeA: true, transposeB: true }),
  ],
  "space-to-depth": [
    example("one channel", [[2, 1, 4, 6]], (x) => spaceToDepth(x, 2)),
    example("three channels, rectangular", [[2, 3, 6, 4]], (x) => spaceToDepth(x, 2)),
    example("a block of 3", [[1, 2, 3, 9]], (x) => spaceToDepth(x, 3)),
  ],
  "depth-to-space": [
    example("one channel", [[2, 4, 2, 3]], (x) => depthToSpace(x, 2)),
    example("three channels, rectangular", [[2, 12, 3, 2]], (x) => depthToSpace(x, 2)),
    example("a block of 3", [[1, 18, 1, 3]], (x) => depthToSpace(x, 3)),
  ],
  conv2d: [
    convolution([2, 3, 5, 7], [4, 3, 3, 3], { padding: 1 }, true),
    convolution([2, 3, 5, 4], [4, 3, 1, 1]),
    convolution([2, 3, 5, 4], [4, 3, 1, 1], {}, true),
    convolution([1, 2, 9, 7], [3, 2, 5, 5], { stride: 2, padding: 2 }, true),
    convolution([1, 2, 8, 6], [3, 2, 3, 3], { stride: 2, padding: 1 }),
    convolution([1, 2, 8, 6], [3, 2, 2, 2], { stride: 3 }),
    convolution([1, 2, 7, 9], [2, 2, 3, 3], { dilation: 2, padding: 1 }),
    convolution([2, 4, 5, 5], [6, 2, 3, 3], { groups: 2, padding: 1 }, true),
    convolution([2, 4, 6, 5], [4, 1, 3, 3], { groups: 4, padding: 1, stride: 2 }),
    convolution([1, 2, 5, 6], [2, 2, 1, 3], { stride: 2, dilation: 2 }),
    convolution([1, 16, 4, 4], [2, 16, 4, 4], { stride: 2, padding: 1 }),
    convolution([1, 2, 3, 3], [2, 2, 2, 2], { padding: 2 }),
  ],
  "conv-transpose2d": [
    transposedConvolution([2, 4, 3, 5], [4, 3, 3, 3], { padding: 1 }, true),
    transposedConvolution([2, 4, 3, 5], [4, 3, 1, 1]),
    transposedConvolution([1, 3, 3, 4], [3, 2, 5, 5], { stride: 2, padding: 2, outputPadding: 1 }, true),
    transposedConvolution([1, 3, 3, 2], [3, 16, 5, 5], { stride: 2, padding: 2, outputPadding: 1 }, true),
    transposedConvolution([2, 3, 2, 3], [3, 16, 4, 4], { stride: 2, padding: 1 }),
    transposedConvolution([1, 3, 2, 2], [3, 17, 3, 3], { stride: 3 }),
    transposedConvolution([1, 2, 3, 3], [2, 16, 3, 3], { stride: 2, padding: 1 }),
    transposedConvolution([1, 3, 4, 3], [3, 2, 3, 3], { dilation: 2, padding: 1 }),
    transposedConvolution([1, 4, 3, 3], [4, 2, 3, 3], { groups: 2, stride: 2, padding: 1, outputPadding: 1 }, true),
    transposedConvolution([1, 2, 4, 5], [2, 3, 2, 2], { padding: 2 }),
  ],
  "conv2d-kernel-gradient": [
    kernelGradient([2, 3, 5, 6], [2, 4, 5, 6], [3, 3], { padding: 1 }),
    kernelGradient([2, 3, 5, 4], [2, 2, 5, 4], [1, 1]),
    kernelGradient([1, 2, 8, 7], [1, 3, 4, 4], [5, 5], { padding: 2, stride: 2 }),
    kernelGradient([1, 2, 7, 7], [1, 3, 3, 3], [3, 3], { dilation: 2 }),
    kernelGradient([2, 4, 5, 5], [2, 6, 3, 3], [3, 3], { groups: 2, stride: 2, padding: 1 }),
  ],
  "stop-gradient": [
    example("all of a graph", [{ shape: [2, 3], low: -2, high: 2, noGradient: "by definition" }], (x) =>
      stopGradient(x),
    ),
    example("one factor", [{ shape: [3], low: -2, high: 2, noGradient: "by definition" }, [3]], (a, b) =>
      multiply(stopGradient(a), b),
    ),
  ],
  "custom-gradient": [
    example("a rule that is the derivative", [[2, 3]], (x) =>
      withGradient(functions.square(x), [x], (g, [source]) => [multiply(g, multiply(source as Tensor, 2))]),
    ),
    example("two sources", [[4], [4]], (a, b) =>
      withGradient(multiply(a, b), [b, a], (g, [first, second]) => [
        multiply(g, second as Tensor),
        multiply(g, first as Tensor),
      ]),
    ),
  ],
};
