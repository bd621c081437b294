/** Softmax over one axis, shifted by the largest element so that nothing overflows. */
import { elementCount, normalizeAxes, stridesOf } from "../graph/shape.ts";
import { applyOp, at, type Op, type Tensor } from "../graph/tensor.ts";
import { multiply, subtract } from "./arithmetic.ts";
import { reduceSum } from "./broadcast.ts";

interface SoftmaxAttributes {
  /** Non-negative. */
  readonly axis: number;
}

export const softmaxOp: Op<SoftmaxAttributes> = {
  name: "softmax",
  shape: (inputs) => at(inputs, 0),
  gradient: (node, g) => {
    const mean = reduceSum(multiply(g, node), { axes: [node.attributes.axis], keepAxes: true });
    return [multiply(node, subtract(g, mean))];
  },
  lower: (emit, inputs, { attributes }) => emit.node("Softmax", inputs, { axis: attributes.axis }),
  reference: (inputs, { axis }, shape) => {
    const { data } = at(inputs, 0);
    const result = new Float64Array(elementCount(shape));
    const stride = at(stridesOf(shape), axis);
    const count = at(shape, axis);
    for (let first = 0; first < data.length; first++) {
      if (Math.floor(first / stride) % count !== 0) continue;
      const places = Array.from({ length: count }, (_, i) => first + i * stride);
      const largest = Math.max(...places.map((place) => data[place]!));
      const powers = places.map((place) => Math.exp(data[place]! - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      places.forEach((place, i) => {
        result[place] = at(powers, i) / sum;
      });
    }
    return result;
  },
};

/** exp(x) / sum of exp(x) along an axis (negative: from the end). @throws {RangeError} for an axis out of range. */
export function softmax(x: Tensor, axis: number): Tensor {
  const [position] = normalizeAxes("softmax", [axis], x.shape.length);
  return applyOp(softmaxOp, [x], { axis: position as number });
}
