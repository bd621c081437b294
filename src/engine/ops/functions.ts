/**
 * Element-wise functions of one operand. {@link unaryOp} makes the record of each from its value in float64, its ONNX form and its derivative. Functions
 * that round (floor, ceil, round, sign) have no gradient. Surrogates of rounding are made with gradient-control.ts.
 */

import { erfcValue, erfValue } from "../../error-function.ts";
import { applyOp, at, inputOf, type NoAttributes, type OnnxEmitter, type Op, type Tensor } from "../graph/tensor.ts";
import { add, divide, multiply, negate, subtract } from "./arithmetic.ts";
import { greater } from "./compare.ts";
import { lowerErfc } from "./lower-erfc.ts";

interface LeakyReluAttributes {
  readonly slope: number;
}

/** The parts in which unary element-wise ops differ. */
interface UnaryParts<Attributes> {
  readonly name: string;
  /** An ONNX operator without attributes, or what writes the nodes. */
  readonly onnx: string | ((emit: OnnxEmitter, x: string, attributes: Attributes) => string);
  value(x: number, attributes: Attributes): number;
  /** The gradient of x, or null where none flows. */
  gradient(x: Tensor, outputGradient: Tensor, output: Tensor, attributes: Attributes): Tensor | null;
}

/** Builds the record of a unary element-wise op. */
function unaryOp<Attributes = NoAttributes>(parts: UnaryParts<Attributes>): Op<Attributes> {
  const { onnx } = parts;
  return {
    name: parts.name,
    shape: (inputs) => at(inputs, 0),
    gradient: (node, g) => [parts.gradient(inputOf(node, 0), g, node, node.attributes)],
    lower: (emit, inputs, { attributes }) =>
      typeof onnx === "string" ? emit.node(onnx, inputs) : onnx(emit, at(inputs, 0), attributes),
    elementwise: true,
    reference: (inputs, attributes) => at(inputs, 0).data.map((x) => parts.value(x, attributes)),
  };
}

/** The nearest integer, halves to the even one: what ONNX Round and IEEE 754 do, and Math.round does not. */
function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** log(1 + exp(x)) without overflow. */
function softplusValue(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The derivative of erf: 2/sqrt(pi) exp(-x^2). */
function erfSlope(x: Tensor): Tensor {
  return multiply(exp(negate(square(x))), 2 / Math.sqrt(Math.PI));
}

export const absOp: Op<NoAttributes> = unaryOp({
  name: "abs",
  onnx: "Abs",
  value: Math.abs,
  gradient: (x, g) => multiply(g, sign(x)),
});

export const signOp: Op<NoAttributes> = unaryOp({ name: "sign", onnx: "Sign", value: Math.sign, gradient: () => null });

export const floorOp: Op<NoAttributes> = unaryOp({
  name: "floor",
  onnx: "Floor",
  value: Math.floor,
  gradient: () => null,
});

export const ceilOp: Op<NoAttributes> = unaryOp({ name: "ceil", onnx: "Ceil", value: Math.ceil, gradient: () => null });

export const roundOp: Op<NoAttributes> = unaryOp({
  name: "round",
  onnx: "Round",
  value: roundHalfToEven,
  gradient: () => null,
});

export const expOp: Op<NoAttributes> = unaryOp({
  name: "exp",
  onnx: "Exp",
  value: Math.exp,
  gradient: (_x, g, output) => multiply(g, output),
});

export const logOp: Op<NoAttributes> = unaryOp({
  name: "log",
  onnx: "Log",
  value: Math.log,
  gradient: (x, g) => divide(g, x),
});

export const sqrtOp: Op<NoAttributes> = unaryOp({
  name: "sqrt",
  onnx: "Sqrt",
  value: Math.sqrt,
  gradient: (_x, g, output) => divide(g, multiply(output, 2)),
});

export const squareOp: Op<NoAttributes> = unaryOp({
  name: "square",
  onnx: (emit, x) => emit.node("Mul", [x, x]),
  value: (x) => x * x,
  gradient: (x, g) => multiply(g, multiply(x, 2)),
});

export const reciprocalOp: Op<NoAttributes> = unaryOp({
  name: "reciprocal",
  onnx: "Reciprocal",
  value: (x) => 1 / x,
  gradient: (_x, g, output) => negate(multiply(g, square(output))),
});

export const tanhOp: Op<NoAttributes> = unaryOp({
  name: "tanh",
  onnx: "Tanh",
  value: Math.tanh,
  gradient: (_x, g, output) => multiply(g, subtract(1, square(output))),
});

export const atanhOp: Op<NoAttributes> = unaryOp({
  name: "atanh",
  onnx: "Atanh",
  value: Math.atanh,
  gradient: (x, g) => divide(g, subtract(1, square(x))),
});

export const sigmoidOp: Op<NoAttributes> = unaryOp({
  name: "sigmoid",
  onnx: "Sigmoid",
  value: (x) => 1 / (1 + Math.exp(-x)),
  gradient: (_x, g, output) => multiply(g, multiply(output, subtract(1, output))),
});

export const softplusOp: Op<NoAttributes> = unaryOp({
  name: "softplus",
  onnx: "Softplus",
  value: softplusValue,
  gradient: (x, g) => multiply(g, sigmoid(x)),
});

export const reluOp: Op<NoAttributes> = unaryOp({
  name: "relu",
  onnx: "Relu",
  value: (x) => Math.max(x, 0),
  gradient: (x, g) => multiply(g, greater(x, 0)),
});

export const leakyReluOp: Op<LeakyReluAttributes> = unaryOp<LeakyReluAttributes>({
  name: "leaky-relu",
  onnx: (emit, x, { slope }) => emit.node("LeakyRelu", [x], { alpha: { float: slope } }),
  value: (x, { slope }) => (x < 0 ? Math.fround(slope) * x : x),
  gradient: (x, g, _output, { slope }) => multiply(g, add(multiply(greater(x, 0), 1 - slope), slope)),
});

export const erfOp: Op<NoAttributes> = unaryOp({
  name: "erf",
  onnx: "Erf",
  value: erfValue,
  gradient: (x, g) => multiply(g, erfSlope(x)),
});

export const erfcOp: Op<NoAttributes> = unaryOp({
  name: "erfc",
  onnx: lowerErfc,
  value: erfcValue,
  gradient: (x, g) => negate(multiply(g, erfSlope(x))),
});

/** |x|; the gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return applyOp(absOp, [x], null);
}

/** -1, 0 or 1; no gradient. */
export function sign(x: Tensor): Tensor {
  return applyOp(signOp, [x], null);
}

/** The largest integer not above x; no gradient. */
export function floor(x: Tensor): Tensor {
  return applyOp(floorOp, [x], null);
}

/** The smallest integer not below x; no gradient. */
export function ceil(x: Tensor): Tensor {
  return applyOp(ceilOp, [x], null);
}

/** The nearest integer, halves to the even one; no gradient. */
export function round(x: Tensor): Tensor {
  return applyOp(roundOp, [x], null);
}

/** e^x. */
export function exp(x: Tensor): Tensor {
  return applyOp(expOp, [x], null);
}

/** Natural logarithm; bound x away from 0 first. */
export function log(x: Tensor): Tensor {
  return applyOp(logOp, [x], null);
}

/** Square root; the gradient at 0 is infinite. */
export function sqrt(x: Tensor): Tensor {
  return applyOp(sqrtOp, [x], null);
}

/** x * x. */
export function square(x: Tensor): Tensor {
  return applyOp(squareOp, [x], null);
}

/** 1 / x. */
export function reciprocal(x: Tensor): Tensor {
  return applyOp(reciprocalOp, [x], null);
}

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return applyOp(tanhOp, [x], null);
}

/** Inverse hyperbolic tangent of -1 < x < 1. */
export function atanh(x: Tensor): Tensor {
  return applyOp(atanhOp, [x], null);
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: Tensor): Tensor {
  return applyOp(sigmoidOp, [x], null);
}

/** log(1 + exp(x)), without overflow for large x. */
export function softplus(x: Tensor): Tensor {
  return applyOp(softplusOp, [x], null);
}

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return applyOp(reluOp, [x], null);
}

/**
 * x where positive, `slope * x` elsewhere; the gradient at 0 is `slope`.
 *
 * @throws {RangeError} if the slope is not finite.
 */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  if (!Number.isFinite(slope)) throw new RangeError(`leakyRelu: got the slope ${slope}, expected a finite number`);
  return applyOp(leakyReluOp, [x], { slope });
}

/** Error function 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: Tensor): Tensor {
  return applyOp(erfOp, [x], null);
}

/**
 * Complementary error function 1 - erf(x), accurate relative to its value: in float32 within 7e-7 (measured) for x up to 9, where
 * `1 - erf(x)` would be 0 from x = 4 on. Half of `erfc(-x / sqrt(2))` is the normal distribution function.
 */
export function erfc(x: Tensor): Tensor {
  return applyOp(erfcOp, [x], null);
}
