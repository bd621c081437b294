import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  type Shape,
  sameShape,
  stridesOf,
} from "../graph/shape.ts";
import { applyOp, at, inputOf, type Op, type Tensor } from "../graph/tensor.ts";
import { gather, reshape } from "./reshape.ts";

/** Attributes of a reduction. */
export interface ReduceAttributes {
  /** Sorted, non-negative. */
  readonly axes: readonly number[];
}

interface ExpandAttributes {
  readonly shape: Shape;
}

export const reduceSumOp: Op<ReduceAttributes> = {
  name: "reduce-sum",
  shape: (inputs, { axes }) => at(inputs, 0).map((size, axis) => (axes.includes(axis) ? 1 : size)),
  gradient: (node, gradient) => [expand(gradient, inputOf(node, 0).shape)],
  lower: (emit, inputs, { attributes }) =>
    emit.node("ReduceSum", [at(inputs, 0), emit.integers(attributes.axes)], { keepdims: 1 }),
  reference: (inputs, _attributes, shape) => {
    const { data, shape: from } = at(inputs, 0);
    const result = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const strides = stridesOf(shape).map((stride, axis) => (at(shape, axis) === 1 ? 0 : stride));
    const positions = Float64Array.from({ length: result.length }, (_, i) => i);
    const target = gather(positions, from, strides, 0);
    for (let i = 0; i < data.length; i++) {
      const slot = target[i]!;
      result[slot] = result[slot]! + data[i]!;
    }
    return result;
  },
};

export const expandOp: Op<ExpandAttributes> = {
  name: "expand",
  shape: (inputs, { shape }) => {
    const from = at(inputs, 0);
    if (!sameShape(broadcastShapes("expand", from, checkShape("expand", shape)), shape)) {
      throw new RangeError(`expand: got ${formatShape(from)} to ${formatShape(shape)}, which does not broadcast`);
    }
    return shape;
  },
  gradient: (node, gradient) => [sumTo(gradient, inputOf(node, 0).shape)],
  lower: (emit, inputs, node) => emit.node("Expand", [at(inputs, 0), emit.integers(node.shape)]),
  reference: (inputs, _attributes, shape) => {
    const { data, shape: from } = at(inputs, 0);
    const lead = shape.length - from.length;
    const fromStrides = stridesOf(from);
    const strides = shape.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : at(fromStrides, axis - lead)));
    return gather(data, shape, strides, 0);
  },
};

/** Options of a reduction. */
export interface ReduceOptions {
  /** Axes to reduce, negative ones from the end; all by default. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1; false by default. */
  readonly keepAxes?: boolean;
}

/** Applies a reduction op and drops the reduced axes unless the options keep them. */
export function reduce(where: string, op: Op<ReduceAttributes>, x: Tensor, options: ReduceOptions): Tensor {
  const axes = normalizeAxes(where, options.axes ?? x.shape.map((_, axis) => axis), x.shape.length);
  if (axes.length === 0) return x;
  const reduced = applyOp(op, [x], { axes });
  return options.keepAxes === true
    ? reduced
    : reshape(
        reduced,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      );
}

/** Sum over axes. @throws {RangeError} for an axis out of range. */
export function reduceSum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce("reduceSum", reduceSumOp, x, options);
}

/** Stretches `x` to `shape` by numpy's rule. @throws {RangeError} if it does not broadcast. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : applyOp(expandOp, [x], { shape });
}

/** Sums `x` down to `shape`, the adjoint of broadcasting `shape` to the shape of `x`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, axis) => (axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []));
  const summed = reduceSum(x, { axes, keepAxes: true });
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}
