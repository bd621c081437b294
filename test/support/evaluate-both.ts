/**
 * Evaluates graphs twice for tests: in float64 by the reference, and in float32 by onnxruntime. Not part of the published
 * interface.
 */
import { defineGraph } from "../../src/engine/graph/graph.ts";
import type { ReferenceArray, Tensor } from "../../src/engine/graph/tensor.ts";
import { type ExportOptions, exportOnnx } from "../../src/engine/onnx/export.ts";
import { evaluate } from "../../src/engine/reference/evaluate.ts";
import { openSession } from "../../src/engine/runtime/session.ts";

/** One output of a graph, computed both ways. */
export interface BothWays {
  /** By onnxruntime. */
  readonly float32: Float32Array;
  /** By the reference. */
  readonly float64: Float64Array;
}

/**
 * The outputs of a graph, both ways.
 *
 * @param feeds values of the inputs by name; those that the graph does not use are ignored.
 * @param options of `exportOnnx`.
 * @throws {Error} if the two disagree on a shape.
 */
export async function evaluateBoth(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, Float32Array>>,
  options: ExportOptions = {},
): Promise<Record<string, BothWays>> {
  const graph = defineGraph(outputs);
  const references = evaluate(outputs, feeds);
  const session = await openSession(exportOnnx(graph, options));
  try {
    const arrays = [...graph.inputs].map(
      ([name, { shape }]) => [name, { data: feeds[name] ?? new Float32Array(0), shape }] as const,
    );
    const results = await session.run(new Map(arrays));
    return Object.fromEntries(
      [...results].map(([name, { data, shape }]) => {
        const reference = references[name] as ReferenceArray;
        if (shape.join() !== reference.shape.join()) {
          throw new Error(`${name}: onnxruntime gave the shape [${shape}], the graph says [${reference.shape}]`);
        }
        return [name, { float32: data, float64: reference.data }];
      }),
    );
  } finally {
    await session.close();
  }
}
