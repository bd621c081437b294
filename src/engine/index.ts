/**
 * The engine's public face: graphs and gradients. Other rooms import only this file (scripts/layers/table.ts calls that a door).
 * ONNX (`onnx/`) and the runtime (`runtime/`) are imported by path, because they depend on a platform.
 */

export { gradients } from "./gradients/gradients.ts";
export { defineGraph, type Graph, topologicalOrder } from "./graph/graph.ts";
export { checkShape, elementCount, formatShape, type Shape, sameShape } from "./graph/shape.ts";
export { applyOp, at, inputOf, type Op, type Tensor } from "./graph/tensor.ts";
export { add, divide, multiply, negate, type Operand, subtract } from "./ops/arithmetic.ts";
export { expand, type ReduceOptions, reduceSum } from "./ops/broadcast.ts";
export { equal, greater, greaterOrEqual, less, lessOrEqual, maximum, minimum, select } from "./ops/compare.ts";
export {
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  conv2dKernelGradientOp,
  conv2dOp,
  convTranspose2d,
  convTranspose2dOp,
} from "./ops/convolution.ts";
export {
  abs,
  atanh,
  ceil,
  erf,
  erfc,
  exp,
  floor,
  leakyRelu,
  log,
  reciprocal,
  relu,
  round,
  sigmoid,
  sign,
  softplus,
  sqrt,
  square,
  tanh,
} from "./ops/functions.ts";
export { type GradientRule, stopGradient, withGradient } from "./ops/gradient-control.ts";
export { matMul, matMulOp } from "./ops/matmul.ts";
export { reduceMean } from "./ops/mean.ts";
export { depthToSpace, spaceToDepth } from "./ops/resample.ts";
export { reshape, transpose } from "./ops/reshape.ts";
export { concat, pad, slice } from "./ops/slicing.ts";
export { softmax } from "./ops/softmax.ts";
export { constant, graphInput, sharedConstant } from "./ops/sources.ts";
export { CounterRandom } from "./random.ts";
export { evaluate } from "./reference/evaluate.ts";
export {
  arrayOf,
  type FloatArray,
  type OpenGraph,
  type OpenGraphOptions,
  type OwnedArray,
  type Session,
  scalarArray,
  scalarOf,
  zeros,
} from "./session.ts";
