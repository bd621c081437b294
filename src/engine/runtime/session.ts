/** Runs ONNX models by onnxruntime on the CPU. The only place of the engine that knows onnxruntime. */
import * as ort from "onnxruntime-node";
import { elementCount, formatShape, type Shape } from "../graph/shape.ts";

/** Float32 elements in row-major order with their shape. */
export interface Array32 {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Options of {@link openSession}. */
export interface SessionOptions {
  /** Threads inside one run, at least 1; 1 by default. */
  readonly threads?: number;
  /** Write onnxruntime's profile to files that start with this path. */
  readonly profilePrefix?: string;
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

function toOrt(name: string, { data, shape }: Array32): ort.Tensor {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`run: got ${data.length} elements for "${name}" of shape ${formatShape(shape)}`);
  }
  return new ort.Tensor("float32", data, shape);
}

/**
 * Loads an ONNX model.
 *
 * @throws {RangeError} for a thread count below 1, and onnxruntime's error for a model that it refuses.
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const threads = options.threads ?? 1;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`openSession: got ${threads} threads, expected a positive integer`);
  }
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    ...(options.profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
  });
  const run: Session["run"] = async (feeds, into) => {
    const inputs: Record<string, ort.Tensor> = {};
    for (const name of session.inputNames) {
      const feed = feeds.get(name);
      if (feed === undefined) throw new RangeError(`run: the input "${name}" was not given`);
      inputs[name] = toOrt(name, feed);
    }
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const name of session.outputNames) {
      const target = into?.get(name);
      fetches[name] = target === undefined ? null : toOrt(name, target);
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
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run,
    close: async () => {
      if (options.profilePrefix !== undefined) session.endProfiling();
      await session.release();
    },
  };
}
