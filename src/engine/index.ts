/** The engine's public face: graphs, gradients, ONNX, the runtime. */
export { CounterRandom } from "./random.ts";
export { gradients } from "./gradients/gradients.ts";
export { defineGraph, type Graph } from "./graph/graph.ts";
export { elementCount, formatShape, sameShape, type Shape } from "./graph/shape.ts";
export { applyOp, type Op, type Tensor } from "./graph/tensor.ts";
export { type ExportOptions, exportOnnx } from "./onnx/export.ts";
export { add, divide, multiply, negate, type Operand, subtract } from "./ops/arithmetic.ts";
export { expand, reduceMean, reduceSum, type ReduceOptions } from "./ops/broadcast.ts";
export { equal, greater, greaterOrEqual, less, lessOrEqual, maximum, minimum, select } from "./ops/compare.ts";
export {
  conv2d,
  type Conv2dOptions,
  convTranspose2d,
  type ConvTranspose2dOptions,
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
export { matMul } from "./ops/matmul.ts";
export { depthToSpace, spaceToDepth } from "./ops/resample.ts";
export { reshape, transpose } from "./ops/reshape.ts";
export { concat, pad, slice } from "./ops/slicing.ts";
export { softmax } from "./ops/softmax.ts";
export { constant, graphInput } from "./ops/sources.ts";
export { evaluate } from "./reference/evaluate.ts";
export { type Array32, openSession, type Session, type SessionOptions } from "./runtime/session.ts";
