/**
 * Cutting tensors apart and putting them together: slice, its adjoint (padding with zeros) and concatenation. Slices are
 * contiguous along every axis; there are no steps.
 */
import { elementCount, formatShape, normalizeAxes, type Shape, sameShape, stridesOf } from "../graph/shape.ts";
import { applyOp, at, inputOf, type Op, type ReferenceArray, type Tensor } from "../graph/tensor.ts";
import { gather } from "./reshape.ts";

interface SliceAttributes {
  /** First index of every axis. */
  readonly starts: readonly number[];
  /** One past the last index of every axis. */
  readonly ends: readonly number[];
}

interface PadAttributes {
  /** Zeros before the elements, for every axis. */
  readonly before: readonly number[];
  /** Zeros after the elements, for every axis. */
  readonly after: readonly number[];
}

interface ConcatAttributes {
  /** Non-negative. */
  readonly axis: number;
}

/** Writes `part` into `whole` with its first element at `corner`. */
function paste(whole: Float64Array, wholeShape: Shape, part: ReferenceArray, corner: readonly number[]): void {
  const strides = stridesOf(wholeShape);
  const first = corner.reduce((sum, index, axis) => sum + index * at(strides, axis), 0);
  const positions = Float64Array.from(whole, (_, i) => i);
  const targets = gather(positions, part.shape, strides, first);
  part.data.forEach((value, i) => {
    whole[targets[i]!] = value;
  });
}

export const sliceOp: Op<SliceAttributes> = {
  name: "slice",
  shape: (inputs, { starts, ends }) => {
    const from = at(inputs, 0);
    from.forEach((size, axis) => {
      const [start, end] = [at(starts, axis), at(ends, axis)];
      if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > size || start >= end) {
        throw new RangeError(
          `slice: got [${start}, ${end}) on axis ${axis} of ${formatShape(from)}, expected a range that is not empty`,
        );
      }
    });
    return from.map((_, axis) => at(ends, axis) - at(starts, axis));
  },
  gradient: (node, g) => {
    const { starts, ends } = node.attributes;
    const after = inputOf(node, 0).shape.map((size, axis) => size - at(ends, axis));
    return [pad(g, starts, after)];
  },
  lower: (emit, inputs, node) => {
    const { starts, ends } = node.attributes;
    const from = inputOf(node, 0).shape;
    const cut = from.flatMap((size, axis) => (node.shape[axis] === size ? [] : [axis]));
    if (emit.openImageSize && from.length === 4 && cut.some((axis) => axis >= 2)) {
      throw new Error(
        `internal: a slice of the image axes of ${formatShape(from)} cannot be exported with an open image size`,
      );
    }
    const choose = (list: readonly number[]): string => emit.integers(cut.map((axis) => at(list, axis)));
    return emit.node("Slice", [at(inputs, 0), choose(starts), choose(ends), emit.integers(cut)]);
  },
  reference: (inputs, { starts }, shape) => {
    const { data, shape: from } = at(inputs, 0);
    const strides = stridesOf(from);
    const first = starts.reduce((sum, start, axis) => sum + start * at(strides, axis), 0);
    return gather(data, shape, strides, first);
  },
};

export const padOp: Op<PadAttributes> = {
  name: "pad",
  shape: (inputs, { before, after }) => {
    const from = at(inputs, 0);
    const widths = [...before, ...after];
    if (
      before.length !== from.length ||
      after.length !== from.length ||
      widths.some((width) => !Number.isInteger(width) || width < 0)
    ) {
      throw new RangeError(
        `pad: got [${before.join(", ")}] before and [${after.join(", ")}] after ${formatShape(from)}, expected one count of zeros for each axis`,
      );
    }
    return from.map((size, axis) => at(before, axis) + size + at(after, axis));
  },
  gradient: (node, g) => {
    const { before } = node.attributes;
    const ends = inputOf(node, 0).shape.map((size, axis) => at(before, axis) + size);
    return [slice(g, { starts: before, ends })];
  },
  lower: (emit, inputs, { attributes }) =>
    emit.node("Pad", [at(inputs, 0), emit.integers([...attributes.before, ...attributes.after])]),
  reference: (inputs, { before }, shape) => {
    const result = new Float64Array(elementCount(shape));
    paste(result, shape, at(inputs, 0), before);
    return result;
  },
};

export const concatOp: Op<ConcatAttributes> = {
  name: "concat",
  shape: (inputs, { axis }) => {
    const first = at(inputs, 0);
    const fits = inputs.every(
      (shape) => shape.length === first.length && shape.every((size, i) => i === axis || size === first[i]),
    );
    if (!fits) {
      throw new RangeError(
        `concat: got ${inputs.map(formatShape).join(", ")}, expected shapes that differ only on axis ${axis}`,
      );
    }
    const total = inputs.reduce((sum, shape) => sum + at(shape, axis), 0);
    return first.map((size, i) => (i === axis ? total : size));
  },
  gradient: (node, g) => {
    const { axis } = node.attributes;
    let start = 0;
    return node.inputs.map((input) => {
      const end = start + at(input.shape, axis);
      const part = slice(g, { starts: [start], ends: [end], axes: [axis] });
      start = end;
      return part;
    });
  },
  lower: (emit, inputs, { attributes }) => emit.node("Concat", inputs, { axis: attributes.axis }),
  reference: (inputs, { axis }, shape) => {
    const result = new Float64Array(elementCount(shape));
    const corner = new Array<number>(shape.length).fill(0);
    for (const input of inputs) {
      paste(result, shape, input, corner);
      corner[axis] = at(corner, axis) + at(input.shape, axis);
    }
    return result;
  },
};

/** The range of a {@link slice}, for each of `axes`. */
export interface SliceRange {
  /** First index; negative ones count from the end. */
  readonly starts: readonly number[];
  /** One past the last index; negative ones count from the end. */
  readonly ends: readonly number[];
  /** The axes that are cut; the first ones, as many as there are starts, by default. */
  readonly axes?: readonly number[];
}

/**
 * The part of `x` within a range of indices.
 *
 * @throws {RangeError} if the range is empty or leaves `x`, or the lists differ in length.
 */
export function slice(x: Tensor, range: SliceRange): Tensor {
  const axes = range.axes ?? range.starts.map((_, i) => i);
  normalizeAxes("slice", axes, x.shape.length);
  if (range.starts.length !== axes.length || range.ends.length !== axes.length) {
    throw new RangeError(
      `slice: got ${range.starts.length} starts, ${range.ends.length} ends and ${axes.length} axes, expected as many of each`,
    );
  }
  const starts = x.shape.map(() => 0);
  const ends = [...x.shape];
  axes.forEach((given, i) => {
    const axis = given < 0 ? given + x.shape.length : given;
    const size = at(x.shape, axis);
    const fromEnd = (index: number): number => (index < 0 ? index + size : index);
    starts[axis] = fromEnd(at(range.starts, i));
    ends[axis] = fromEnd(at(range.ends, i));
  });
  return starts.every((start) => start === 0) && sameShape(ends, x.shape) ? x : applyOp(sliceOp, [x], { starts, ends });
}

/**
 * `x` within zeros: `before[i]` and `after[i]` of them along axis `i`.
 *
 * @throws {RangeError} unless there is one non-negative integer for each axis.
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  const nothing =
    before.length === x.shape.length && after.length === x.shape.length && [...before, ...after].every((n) => n === 0);
  return nothing ? x : applyOp(padOp, [x], { before, after });
}

/**
 * Tensors one after the other along an axis (negative: from the end).
 *
 * @throws {RangeError} if there is none, or their shapes differ on another axis.
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError("concat: got no tensors, expected at least one");
  const [position] = normalizeAxes("concat", [axis], first.shape.length);
  return tensors.length === 1 ? first : applyOp(concatOp, tensors, { axis: position as number });
}
