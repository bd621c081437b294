/**
 * Refuses graphs that onnxruntime's WebGPU provider computes wrongly. In 1.30 these are convolutions to a multiple of 4 channels from
 * a multiple of 3 that is no multiple of 4, except 3 itself. Seen from 6, 9, 15, 18, 21 and 27 to 4, 12 and 16 channels, and not seen
 * from 1..5, 7, 8, 10, 12 and 24 (docs/log/0009-runtimes.md).
 */
import { HalfstepError } from "../../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Channels that a convolution of either kind reads and writes; null for other ops. */
function channelsOf({ op, inputs }: Tensor): readonly [number, number] | null {
  const [first = 0, second = 0] = inputs[1]?.shape ?? [];
  if (op.name === "conv2d") return [second, first];
  return op.name === "conv-transpose2d" ? [first, second] : null;
}

/** @throws {HalfstepError} `device-unavailable` for a graph with such a convolution */
export function checkForWebGpu(graph: Graph): void {
  for (const tensor of graph.order) {
    const [from, to] = channelsOf(tensor) ?? [0, 0];
    if (from <= 3 || from % 3 !== 0 || from % 4 === 0 || to % 4 !== 0) continue;
    throw new HalfstepError(
      "device-unavailable",
      `device: got "webgpu" for a network with a convolution from ${from} to ${to} channels, which onnxruntime computes wrongly there, expected channels in multiples of 4; take another device`,
    );
  }
}
