/** Shapes of dense tensors and numpy's broadcasting rule. A scalar has the shape `[]`. */

/** Sizes of a tensor's axes, outermost first; every size is at least 1. */
export type Shape = readonly number[];

/** The number of elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/** Whether two shapes have the same axes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `[8, 3, 64, 64]` as text for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The common shape of two operands (numpy's rule: align at the last axis, a size of 1 stretches).
 *
 * @throws {RangeError} if the shapes do not match.
 */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new RangeError(`${where}: got shapes ${formatShape(a)} and ${formatShape(b)}, which do not broadcast`);
    }
    result.push(Math.max(sizeA, sizeB));
  }
  return result;
}

/** A list of axes, negative ones counted from the end, sorted and checked. @throws {RangeError} for an axis out of range. */
export function normalizeAxes(where: string, axes: readonly number[], rank: number): number[] {
  const result = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  result.forEach((axis, i) => {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank || axis === result[i - 1]) {
      throw new RangeError(
        `${where}: got axes [${axes.join(", ")}], expected distinct axes of a tensor of rank ${rank}`,
      );
    }
  });
  return result;
}

/** Checks a shape that a caller gives. @throws {RangeError} for a size that is not a positive integer. */
export function checkShape(where: string, shape: Shape): Shape {
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`${where}: got shape ${formatShape(shape)}, expected positive integers`);
    }
  }
  return shape;
}
