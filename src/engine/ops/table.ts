/**
 * All operations by name. When a new op is listed here, the types ask for its examples (test/support/op-examples.ts), and the tests hold
 * it against float64 and finite differences. CONTRIBUTING.md has all steps. Graph inputs are not listed: they compute nothing.
 */
import type { Op } from "../graph/tensor.ts";
import { addOp, divideOp, multiplyOp, negateOp, subtractOp } from "./arithmetic.ts";
import { expandOp, reduceSumOp } from "./broadcast.ts";
import {
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  lessOp,
  lessOrEqualOp,
  maximumOp,
  minimumOp,
  selectOp,
} from "./compare.ts";
import { conv2dKernelGradientOp, conv2dOp, convTranspose2dOp } from "./convolution.ts";
import {
  absOp,
  atanhOp,
  ceilOp,
  erfcOp,
  erfOp,
  expOp,
  floorOp,
  leakyReluOp,
  logOp,
  reciprocalOp,
  reluOp,
  roundOp,
  sigmoidOp,
  signOp,
  softplusOp,
  sqrtOp,
  squareOp,
  tanhOp,
} from "./functions.ts";
import { customGradientOp, stopGradientOp } from "./gradient-control.ts";
import { matMulOp } from "./matmul.ts";
import { reduceMeanOp } from "./mean.ts";
import { depthToSpaceOp, spaceToDepthOp } from "./resample.ts";
import { reshapeOp, transposeOp } from "./reshape.ts";
import { concatOp, padOp, sliceOp } from "./slicing.ts";
import { softmaxOp } from "./softmax.ts";
import { constantOp } from "./sources.ts";

/** The name of an operation, as in its record. */
export type OperatorName =
  | "constant"
  | "reshape"
  | "transpose"
  | "reduce-sum"
  | "reduce-mean"
  | "expand"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "negate"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "exp"
  | "log"
  | "sqrt"
  | "square"
  | "reciprocal"
  | "tanh"
  | "atanh"
  | "sigmoid"
  | "softplus"
  | "relu"
  | "leaky-relu"
  | "erf"
  | "erfc"
  | "greater"
  | "greater-or-equal"
  | "less"
  | "less-or-equal"
  | "equal"
  | "select"
  | "minimum"
  | "maximum"
  | "slice"
  | "pad"
  | "concat"
  | "softmax"
  | "mat-mul"
  | "space-to-depth"
  | "depth-to-space"
  | "conv2d"
  | "conv-transpose2d"
  | "conv2d-kernel-gradient"
  | "stop-gradient"
  | "custom-gradient";

/** The record of every operation under its name. */
export const operators: Readonly<Record<OperatorName, Op>> = {
  constant: constantOp,
  reshape: reshapeOp,
  transpose: transposeOp,
  "reduce-sum": reduceSumOp,
  "reduce-mean": reduceMeanOp,
  expand: expandOp,
  add: addOp,
  subtract: subtractOp,
  multiply: multiplyOp,
  divide: divideOp,
  negate: negateOp,
  abs: absOp,
  sign: signOp,
  floor: floorOp,
  ceil: ceilOp,
  round: roundOp,
  exp: expOp,
  log: logOp,
  sqrt: sqrtOp,
  square: squareOp,
  reciprocal: reciprocalOp,
  tanh: tanhOp,
  atanh: atanhOp,
  sigmoid: sigmoidOp,
  softplus: softplusOp,
  relu: reluOp,
  "leaky-relu": leakyReluOp,
  erf: erfOp,
  erfc: erfcOp,
  greater: greaterOp,
  "greater-or-equal": greaterOrEqualOp,
  less: lessOp,
  "less-or-equal": lessOrEqualOp,
  equal: equalOp,
  select: selectOp,
  minimum: minimumOp,
  maximum: maximumOp,
  slice: sliceOp,
  pad: padOp,
  concat: concatOp,
  softmax: softmaxOp,
  "mat-mul": matMulOp,
  "space-to-depth": spaceToDepthOp,
  "depth-to-space": depthToSpaceOp,
  conv2d: conv2dOp,
  "conv-transpose2d": convTranspose2dOp,
  "conv2d-kernel-gradient": conv2dKernelGradientOp,
  "stop-gradient": stopGradientOp,
  "custom-gradient": customGradientOp,
};
