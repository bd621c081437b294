/** Where values come from: named graph inputs and constants. */
import { checkShape, elementCount, formatShape, type Shape } from "../graph/shape.ts";
import { applyOp, type Op, type Tensor } from "../graph/tensor.ts";

interface InputAttributes {
  readonly name: string;
  readonly shape: Shape;
}

interface ConstantAttributes {
  readonly data: Float32Array;
  readonly shape: Shape;
}

export const inputOp: Op<InputAttributes> = {
  name: "input",
  shape: (_inputs, { shape }) => shape,
  gradient: () => [],
  lower: () => {
    throw new Error("internal: graph inputs are declared by the exporter");
  },
  reference: (_inputs, { name }) => {
    throw new RangeError(`evaluate: the input "${name}" was not given`);
  },
};

export const constantOp: Op<ConstantAttributes> = {
  name: "constant",
  shape: (_inputs, { shape }) => shape,
  gradient: () => [],
  lower: (emit, _inputs, { attributes }) => emit.floats(attributes.data, attributes.shape),
  reference: (_inputs, { data }) => Float64Array.from(data),
};

/** A graph input that is fed under `name` on every run. @throws {RangeError} for a bad shape or an empty name. */
export function graphInput(name: string, shape: Shape): Tensor {
  if (name === "") throw new RangeError("graphInput: got an empty name; name the input");
  return applyOp(inputOp, [], { name, shape: checkShape(`graphInput "${name}"`, shape) });
}

/**
 * A constant: a scalar from a number, or a tensor from its elements in row-major order.
 *
 * @throws {RangeError} if the number of elements is not that of the shape.
 */
export function constant(value: number | ArrayLike<number>, shape: Shape = []): Tensor {
  return sharedConstant(typeof value === "number" ? Float32Array.of(value) : new Float32Array(value), shape);
}

/**
 * A constant whose elements are not copied: weights are megabytes. Whoever calls this must not change them afterwards.
 *
 * @throws {RangeError} if the number of elements is not that of the shape.
 */
export function sharedConstant(data: Float32Array, shape: Shape): Tensor {
  if (data.length !== elementCount(checkShape("constant", shape))) {
    throw new RangeError(`constant: got ${data.length} elements for the shape ${formatShape(shape)}`);
  }
  return applyOp(constantOp, [], { data, shape });
}
