/**
 * Draws initial weights. The values of a parameter depend on the seed and its own name only, so adding a layer leaves the
 * others as they were and two networks can be compared from common weights.
 */
import { CounterRandom, elementCount, type FloatArray, formatShape } from "../engine/index.ts";
import type { ParameterSpec } from "./parameters.ts";

/** The step under which weights are drawn: training counts from 0 and never reaches it, so noise and weights never share numbers. */
const INITIALIZATION_STEP = Number.MAX_SAFE_INTEGER;

/** FNV-1a over the UTF-16 code units: a stream for each name. */
function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Initial weights by name.
 *
 * @param seed an integer from 0 up to 2^53; equal seeds give equal weights on every machine.
 * @throws {RangeError} for another seed, a diagonal initializer on a shape that is not `[c, c, 1, …]`, or a formula that gives another number of values.
 */
export function initializeParameters(specs: readonly ParameterSpec[], seed: number): Map<string, FloatArray> {
  const random = new CounterRandom(seed);
  return new Map(specs.map((spec) => [spec.name, { shape: spec.shape, data: draw(spec, random) }]));
}

function draw({ name, shape, initializer }: ParameterSpec, random: CounterRandom): Float32Array {
  const data = new Float32Array(elementCount(shape));
  switch (initializer.kind) {
    case "constant":
      return data.fill(initializer.value);
    case "uniform":
      random.fillUniform(data, INITIALIZATION_STEP, streamOf(name), initializer.low, initializer.high);
      return data;
    case "computed": {
      const values = initializer.values();
      if (values.length !== data.length) {
        throw new RangeError(
          `initializeParameters: "${name}": got ${values.length} values for shape ${formatShape(shape)}`,
        );
      }
      data.set(values);
      return data;
    }
    case "diagonal": {
      const size = shape[0]!;
      if (shape[1] !== size || data.length !== size * size) {
        throw new RangeError(
          `initializeParameters: "${name}": got shape ${formatShape(shape)} for a diagonal initializer, expected [c, c, 1, …]`,
        );
      }
      data.fill(initializer.offDiagonal);
      for (let i = 0; i < size; i++) data[i * size + i] = initializer.onDiagonal;
      return data;
    }
  }
}
