/** Kernels as 8-bit integers in a model file, version 2: a tensor of integers under the weight's name and one of scales under a name of its own, and back. */
import type { FloatArray } from "../../engine/index.ts";
import type { HalfstepError } from "../../errors.ts";
import { fromInt8, INT8_LIMIT, int8ScalesShape, toInt8 } from "../../networks/int8-kernels.ts";
import type { SafeTensor } from "../../safetensors.ts";

/** What the names of tensors of scales begin with; the name of the weight follows. */
export const INT8_SCALES_PREFIX = "int8-scales/";

/**
 * The two tensors of a kernel.
 * @throws {RangeError} for weights that are not what their integers stand for: they should have been rounded
 */
export function int8Tensors(name: string, weight: FloatArray, scales: Float32Array): [string, SafeTensor][] {
  const kernel = toInt8(weight, scales);
  const { data } = fromInt8(kernel);
  if (data.some((value, i) => value !== weight.data[i])) {
    throw new RangeError(
      `serializeModel: "${name}": got weights that are not multiples of their scales; round them first`,
    );
  }
  return [
    [name, { dtype: "I8", shape: weight.shape, data: kernel.values }],
    [INT8_SCALES_PREFIX + name, { dtype: "F32", shape: int8ScalesShape(weight.shape), data: scales }],
  ];
}

/**
 * The weights of a tensor of integers, computed anew whenever their `data` is asked for, and their scales.
 * @throws what `refuse` makes of a problem
 */
export function readInt8(
  name: string,
  { shape, data: values }: Extract<SafeTensor, { dtype: "I8" }>,
  tensors: ReadonlyMap<string, SafeTensor>,
  refuse: (problem: string) => HalfstepError,
): { readonly weight: FloatArray; readonly scales: Float32Array } {
  if (shape.length !== 4)
    throw refuse(`"${name}": got integers in [${shape.join(", ")}], expected a kernel of four axes`);
  const expected = int8ScalesShape(shape);
  const stored = tensors.get(INT8_SCALES_PREFIX + name);
  if (stored?.dtype !== "F32" || stored.shape.join() !== expected.join()) {
    const got = stored === undefined ? "nothing" : `${stored.dtype} [${stored.shape.join(", ")}]`;
    throw refuse(`"${INT8_SCALES_PREFIX}${name}": got ${got}, expected F32 [${expected.join(", ")}]`);
  }
  const scales = stored.data;
  if (scales.some((scale) => !(scale >= 0 && Number.isFinite(Math.fround(scale * INT8_LIMIT))))) {
    throw refuse(`"${INT8_SCALES_PREFIX}${name}": got a scale that is negative or not finite, expected 0 or more`);
  }
  if (values.includes(-INT8_LIMIT - 1)) throw refuse(`"${name}": got -128, expected integers of -127..127`);
  const weight: FloatArray = {
    shape,
    get data() {
      return fromInt8({ shape, values, scales }).data;
    },
  };
  return { weight, scales };
}
