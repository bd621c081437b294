/** Runs the laboratory's graphs on onnxruntime. */
import type { Graph } from "../../engine/index.ts";
import { exportOnnx } from "../../engine/onnx/export.ts";
import { openSession } from "../../engine/runtime/session.ts";
import type { GraphRunner, OpenGraph } from "../running/graph-runner.ts";

/** A way to open graphs. @param threads that one run uses, at least 1 */
export function onnxruntimeOpener(threads: number): OpenGraph {
  return async (graph: Graph): Promise<GraphRunner> => {
    const session = await openSession(exportOnnx(graph), { threads });
    return { run: (feeds) => session.run(feeds), close: () => session.close() };
  };
}
