/**
 * A loaded model as the project uses it: arrays by name in, arrays by name out. onnxruntime-node and onnxruntime-web give
 * sessions of one and the same type, so that what wraps them is written once, here, and names neither.
 */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { elementCount, formatShape, type Shape } from "../graph/shape.ts";

/** Float32 elements in row-major order with their shape. */
export interface Array32 {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** A loaded model. Release it with `close`. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the model.
   *
   * @param feeds every input by name; the arrays are not copied and must not change during the run.
   * @param into arrays that receive outputs in place of new ones; must not be among the feeds.
   * @returns every output by name.
   * @throws {RangeError} if an input is missing or its element count is not that of its shape.
   */
  run(feeds: ReadonlyMap<string, Array32>, into?: ReadonlyMap<string, Array32>): Promise<Map<string, Array32>>;
  close(): Promise<void>;
}

/** The constructor of one runtime's float32 tensors. @internal */
export type MakeTensor = new (type: "float32", data: Float32Array, shape: readonly number[]) => Tensor;

/** Wraps a session of onnxruntime; `beforeRelease` runs when it is closed. @internal */
export function arraySession(
  session: InferenceSession,
  makeTensor: MakeTensor,
  beforeRelease: () => void = () => undefined,
): Session {
  const toTensor = (name: string, { data, shape }: Array32): Tensor => {
    if (data.length !== elementCount(shape)) {
      throw new RangeError(`run: got ${data.length} elements for "${name}" of shape ${formatShape(shape)}`);
    }
    return new makeTensor("float32", data, shape);
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, into) {
      const inputs: Record<string, Tensor> = {};
      for (const name of session.inputNames) {
        const feed = feeds.get(name);
        if (feed === undefined) throw new RangeError(`run: the input "${name}" was not given`);
        inputs[name] = toTensor(name, feed);
      }
      const fetches: Record<string, Tensor | null> = {};
      for (const name of session.outputNames) {
        const target = into?.get(name);
        fetches[name] = target === undefined ? null : toTensor(name, target);
      }
      const results = await session.run(inputs, fetches);
      return new Map(
        session.outputNames.map((name) => {
          const tensor = results[name];
          if (tensor === undefined || !(tensor.data instanceof Float32Array)) {
            throw new Error(`internal: the output "${name}" is not a float32 tensor`);
          }
          return [name, { data: tensor.data, shape: tensor.dims }];
        }),
      );
    },
    async close() {
      beforeRelease();
      await session.release();
    },
  };
}

/** @throws {RangeError} unless `threads` is a whole number of at least 1 */
export function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1) return;
  throw new RangeError(`openSession: got ${threads} threads, expected a positive integer`);
}
