/**
 * Comparisons (masks of 0 and 1, without gradient), and ops that choose by a mask. Masks are floats like every tensor, so they can be multiplied and
 * summed. If a choice is a tie, the first operand receives the whole gradient.
 */
import { broadcastShapes } from "../graph/shape.ts";
import { applyOp, at, inputOf, type NoAttributes, type Op, type Tensor } from "../graph/tensor.ts";
import { binaryOp, broadcastReference, multiply, type Operand, subtract, toTensor } from "./arithmetic.ts";
import { sumTo } from "./broadcast.ts";

function comparisonOp(name: string, onnx: string, holds: (a: number, b: number) => boolean): Op<NoAttributes> {
  return binaryOp({
    name,
    onnx,
    comparison: true,
    value: (a, b) => (holds(a, b) ? 1 : 0),
    gradient: () => [null, null],
  });
}

export const greaterOp: Op<NoAttributes> = comparisonOp("greater", "Greater", (a, b) => a > b);
export const greaterOrEqualOp: Op<NoAttributes> = comparisonOp("greater-or-equal", "GreaterOrEqual", (a, b) => a >= b);
export const lessOp: Op<NoAttributes> = comparisonOp("less", "Less", (a, b) => a < b);
export const lessOrEqualOp: Op<NoAttributes> = comparisonOp("less-or-equal", "LessOrEqual", (a, b) => a <= b);
export const equalOp: Op<NoAttributes> = comparisonOp("equal", "Equal", (a, b) => a === b);

/** Inputs: mask, value where it is not 0, value where it is 0. */
export const selectOp: Op<NoAttributes> = {
  name: "select",
  shape: (inputs) => broadcastShapes("select", at(inputs, 0), broadcastShapes("select", at(inputs, 1), at(inputs, 2))),
  gradient: (node, g) => {
    const mask = inputOf(node, 0);
    return [null, sumTo(select(mask, g, 0), inputOf(node, 1).shape), sumTo(select(mask, 0, g), inputOf(node, 2).shape)];
  },
  // 9 is BOOL in the enumeration of ONNX tensor types.
  lower: (emit, inputs) =>
    emit.node("Where", [emit.node("Cast", [at(inputs, 0)], { to: 9 }), at(inputs, 1), at(inputs, 2)]),
  elementwise: true,
  reference: (inputs, _attributes, shape) => {
    const [mask, a, b] = [0, 1, 2].map((i) => broadcastReference(at(inputs, i).data, at(inputs, i).shape, shape)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return mask.map((value, i) => (value !== 0 ? a[i] : b[i]) as number);
  },
};

export const minimumOp: Op<NoAttributes> = binaryOp({
  name: "minimum",
  onnx: "Min",
  value: Math.min,
  gradient: (a, b, g) => {
    const first = lessOrEqual(a, b);
    return [multiply(g, first), multiply(g, subtract(1, first))];
  },
});

export const maximumOp: Op<NoAttributes> = binaryOp({
  name: "maximum",
  onnx: "Max",
  value: Math.max,
  gradient: (a, b, g) => {
    const first = greaterOrEqual(a, b);
    return [multiply(g, first), multiply(g, subtract(1, first))];
  },
});

/** 1 where a > b, else 0. @throws {RangeError} if the shapes do not broadcast; so for all functions of this file. */
export function greater(a: Operand, b: Operand): Tensor {
  return applyOp(greaterOp, [toTensor(a), toTensor(b)], null);
}

/** 1 where a >= b, else 0. */
export function greaterOrEqual(a: Operand, b: Operand): Tensor {
  return applyOp(greaterOrEqualOp, [toTensor(a), toTensor(b)], null);
}

/** 1 where a < b, else 0. */
export function less(a: Operand, b: Operand): Tensor {
  return applyOp(lessOp, [toTensor(a), toTensor(b)], null);
}

/** 1 where a <= b, else 0. */
export function lessOrEqual(a: Operand, b: Operand): Tensor {
  return applyOp(lessOrEqualOp, [toTensor(a), toTensor(b)], null);
}

/** 1 where a and b are the same number, else 0. */
export function equal(a: Operand, b: Operand): Tensor {
  return applyOp(equalOp, [toTensor(a), toTensor(b)], null);
}

/**
 * Gives `a` where `mask` is not 0, and `b` where it is 0. The three broadcast. A value that is not chosen does not affect the result, even if it is
 * infinite. But it can affect a gradient: the branch that is not chosen receives 0, and 0 times a derivative that is not finite is NaN. An example is
 * select(greater(x, 0), log(x), 0) at x = 0. Bound the argument of such a branch.
 */
export function select(mask: Tensor, a: Operand, b: Operand): Tensor {
  return applyOp(selectOp, [mask, toTensor(a), toTensor(b)], null);
}

/** The smaller of a and b. */
export function minimum(a: Operand, b: Operand): Tensor {
  return applyOp(minimumOp, [toTensor(a), toTensor(b)], null);
}

/** The larger of a and b. */
export function maximum(a: Operand, b: Operand): Tensor {
  return applyOp(maximumOp, [toTensor(a), toTensor(b)], null);
}
