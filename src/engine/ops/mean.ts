/** Means over axes. */
import { elementCount } from "../graph/shape.ts";
import { at, inputOf, type Op, type Tensor } from "../graph/tensor.ts";
import { multiply } from "./arithmetic.ts";
import { expand, type ReduceAttributes, type ReduceOptions, reduce, reduceSumOp } from "./broadcast.ts";

export const reduceMeanOp: Op<ReduceAttributes> = {
  name: "reduce-mean",
  shape: reduceSumOp.shape,
  gradient: (node, gradient) => {
    const x = inputOf(node, 0);
    const share = elementCount(node.shape) / elementCount(x.shape);
    return [expand(multiply(gradient, share), x.shape)];
  },
  lower: (emit, inputs, { attributes }) => emit.node("ReduceMean", inputs, { axes: attributes.axes, keepdims: 1 }),
  reference: (inputs, attributes, shape) => {
    const share = elementCount(shape) / at(inputs, 0).data.length;
    return reduceSumOp.reference(inputs, attributes, shape).map((sum) => sum * share);
  },
};

/** Mean over axes; the same function of images of every size. @throws {RangeError} for an axis out of range. */
export function reduceMean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce("reduceMean", reduceMeanOp, x, options);
}
