/**
 * How a graph is run, by any runtime: arrays by name in, arrays by name out. `runtime/` makes sessions of onnxruntime. Code that must not know a
 * runtime is handed an {@link OpenGraph}.
 */
import type { Graph } from "./graph/graph.ts";
import { elementCount, type Shape } from "./graph/shape.ts";

/** Float32 elements in row-major order with their shape: images, latents, weights, and whatever else a graph takes and gives. */
export interface FloatArray {
  readonly shape: Shape;
  /** As many elements as the product of `shape`. */
  readonly data: Float32Array;
}

/** An array in memory of its own. Whoever gets it may write to it, give it to an array pool, or free it. */
export interface OwnedArray extends FloatArray {
  readonly data: Float32Array<ArrayBuffer>;
}

/** A graph that is ready to run. Release it with `close`. */
export interface Session {
  /**
   * Runs the graph.
   *
   * @param feeds every input by name; the arrays are not copied and must not change during the run.
   * @returns every output by name, as arrays that nobody else has.
   * @throws {RangeError} if an input is missing or its element count is not that of its shape.
   */
  run(feeds: ReadonlyMap<string, FloatArray>): Promise<ReadonlyMap<string, OwnedArray>>;
  close(): Promise<void>;
}

/** Options of {@link OpenGraph}. */
export interface OpenGraphOptions {
  /** Threads that one run uses, at least 1. Default: the number that the {@link OpenGraph} was made with. */
  readonly threads?: number;
  /** Whether images may have any height and width; those in the graph are then examples. Default false: sizes are those of the graph. */
  readonly openImageSize?: boolean;
  /**
   * Whether the graph computes integers that must be equal in encoder and decoder. Default false. Every engine that sums products of float32 computes
   * them exactly, in any order. An engine that transforms the factors first (Winograd, Fourier) or rounds them (TF32) does not.
   */
  readonly exact?: boolean;
}

/** Makes a graph ready to run. */
export type OpenGraph = (graph: Graph, options?: OpenGraphOptions) => Promise<Session>;

/** Zeros of a shape. */
export function zeros(shape: Shape): OwnedArray {
  return { shape, data: new Float32Array(elementCount(shape)) };
}

/** A single number, as an array of the shape `[]`. */
export function scalarArray(value: number): FloatArray {
  return { shape: [], data: Float32Array.of(value) };
}

/** The array with a name. @throws {Error} `internal:` if there is none, which is a defect of the caller */
export function arrayOf<Value>(arrays: ReadonlyMap<string, Value>, name: string): Value {
  const array = arrays.get(name);
  if (array === undefined) throw new Error(`internal: there is no array "${name}"`);
  return array;
}

/** The first element of the array with a name, for results of one element. @throws {Error} as {@link arrayOf} */
export function scalarOf(arrays: ReadonlyMap<string, FloatArray>, name: string): number {
  return arrayOf(arrays, name).data[0]!;
}
