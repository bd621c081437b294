/**
 * A loaded model as the project uses it: arrays by name in, arrays by name out. onnxruntime-node and onnxruntime-web give sessions of the same type. So
 * one wrapper serves both, and it names neither.
 */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { elementCount, formatShape } from "../graph/shape.ts";
import type { FloatArray, Session } from "../session.ts";

/** The constructor of one runtime's float32 tensors. @internal */
export type MakeTensor = new (type: "float32", data: Float32Array, shape: readonly number[]) => Tensor;

/** Wraps a session of onnxruntime; `beforeRelease` runs when it is closed. @internal */
export function arraySession(
  session: InferenceSession,
  makeTensor: MakeTensor,
  beforeRelease: () => void = () => undefined,
): Session {
  const toTensor = (name: string, { data, shape }: FloatArray): Tensor => {
    if (data.length !== elementCount(shape)) {
      throw new RangeError(`run: got ${data.length} elements for "${name}" of shape ${formatShape(shape)}`);
    }
    return new makeTensor("float32", data, shape);
  };
  return {
    async run(feeds) {
      const inputs: Record<string, Tensor> = {};
      for (const name of session.inputNames) {
        const feed = feeds.get(name);
        if (feed === undefined) throw new RangeError(`run: the input "${name}" was not given`);
        inputs[name] = toTensor(name, feed);
      }
      const results = await session.run(inputs);
      return new Map(
        session.outputNames.map((name) => {
          const tensor = results[name];
          if (tensor === undefined || !(tensor.data instanceof Float32Array)) {
            throw new Error(`internal: the output "${name}" is not a float32 tensor`);
          }
          // Both runtimes copy what a model gives out of their own memory.
          return [name, { data: tensor.data as Float32Array<ArrayBuffer>, shape: tensor.dims }];
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
