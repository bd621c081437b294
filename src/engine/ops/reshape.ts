/** Reshape and transpose: the same elements under other indices. */
import { checkShape, elementCount, formatShape, type Shape, stridesOf } from "../graph/shape.ts";
import { applyOp, at, inputOf, type Op, type Tensor } from "../graph/tensor.ts";

interface ReshapeAttributes {
  readonly shape: Shape;
}

interface TransposeAttributes {
  readonly permutation: readonly number[];
}

export const reshapeOp: Op<ReshapeAttributes> = {
  name: "reshape",
  shape: (inputs, { shape }) => {
    const from = at(inputs, 0);
    if (elementCount(from) !== elementCount(checkShape("reshape", shape))) {
      throw new RangeError(
        `reshape: got ${formatShape(from)} to ${formatShape(shape)}, which has another element count`,
      );
    }
    return shape;
  },
  gradient: (node, gradient) => [reshape(gradient, inputOf(node, 0).shape)],
  lower: (emit, inputs, node) => {
    if (emit.openImageSize && node.shape.length > 2 && elementCount(node.shape) !== at(node.shape, 1)) {
      throw new Error(`internal: reshape to ${formatShape(node.shape)} cannot be exported with an open image size`);
    }
    return emit.node("Reshape", [at(inputs, 0), emit.integers(node.shape)]);
  },
  reference: (inputs) => at(inputs, 0).data.slice(),
};

export const transposeOp: Op<TransposeAttributes> = {
  name: "transpose",
  shape: (inputs, { permutation }) => {
    const from = at(inputs, 0);
    if ([...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) || permutation.length !== from.length) {
      throw new RangeError(`transpose: got permutation [${permutation.join(", ")}] for the shape ${formatShape(from)}`);
    }
    return permutation.map((axis) => at(from, axis));
  },
  gradient: (node, gradient) => {
    const inverse = new Array<number>(node.shape.length);
    node.attributes.permutation.forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [transpose(gradient, inverse)];
  },
  lower: (emit, inputs, { attributes }) => emit.node("Transpose", inputs, { perm: attributes.permutation }),
  reference: (inputs, { permutation }, shape) => {
    const { data, shape: from } = at(inputs, 0);
    const fromStrides = stridesOf(from);
    const strides = permutation.map((axis) => at(fromStrides, axis));
    return gather(data, shape, strides, 0);
  },
};

/** Elements of `data` at `offset + sum index*stride` for all indices of `shape`, row-major: the core of index ops. */
export function gather(data: Float64Array, shape: Shape, strides: readonly number[], offset: number): Float64Array {
  const result = new Float64Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = index[axis]! + 1;
      from += strides[axis]!;
      if (next < shape[axis]!) {
        index[axis] = next;
        break;
      }
      from -= next * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** The same elements in row-major order under another shape. @throws {RangeError} if the element count differs. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return applyOp(reshapeOp, [x], { shape });
}

/** Axis `i` of the result is axis `permutation[i]` of `x`. @throws {RangeError} if it is not a permutation. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return applyOp(transposeOp, [x], { permutation });
}
