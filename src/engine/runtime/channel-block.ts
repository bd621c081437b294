/**
 * Asks onnxruntime how many channels its blocked kernels (graph/layout.ts) put side by side on this processor. It answers by
 * the shape of a blocked image: channels are rounded up to whole blocks.
 */
import { defineGraph } from "../graph/graph.ts";
import { BLOCKED_DOMAIN } from "../graph/layout.ts";
import { applyOp, at, type NoAttributes, type Op } from "../graph/tensor.ts";
import { exportOnnx } from "../onnx/export.ts";
import { graphInput } from "../ops/sources.ts";
import { openSession } from "./session.ts";

/** Fewer channels than any block has. */
const PROBE_SHAPE = [1, 4, 1, 1] as const;

/** Blocks its input. It is not an op of the graph language, because the probe needs its real shape. */
const probeOp: Op<NoAttributes> = {
  name: "channel-block-probe",
  shape: (inputs) => at(inputs, 0),
  gradient: () => [null],
  lower: (emit, inputs) => emit.node("ReorderInput", inputs, {}, BLOCKED_DOMAIN),
  reference: (inputs) => at(inputs, 0).data,
};

let answer: Promise<number> | undefined;

async function ask(): Promise<number> {
  const graph = defineGraph({ y: applyOp(probeOp, [graphInput("x", PROBE_SHAPE)], null) });
  try {
    const session = await openSession(
      exportOnnx(graph, { blocked: { channels: PROBE_SHAPE[1], lowerings: new Map() } }),
    );
    const results = await session.run(new Map([["x", { data: new Float32Array(4), shape: PROBE_SHAPE }]]));
    await session.close();
    return results.get("y")?.shape[1] ?? 1;
  } catch (error) {
    // onnxruntime's message if it was built without an operator, or does not offer it on this processor.
    if (error instanceof Error && error.message.includes("ReorderInput")) return 1;
    throw error;
  }
}

/** Channels in a block, for `exportOnnx`: 16 or 8, or 1 if onnxruntime has no blocked kernels on this machine. It is asked once. */
export function channelBlockSize(): Promise<number> {
  answer ??= ask();
  return answer;
}

export { blockedChannels } from "../ops/blocked-lowerings.ts";
