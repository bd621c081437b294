/**
 * Refuses training graphs that onnxruntime's WebGPU provider computes wrongly. These are the ones of `engine/onnx/webgpu-limits.ts`, and
 * some gradients of kernels. Such a gradient becomes a convolution whose input channels are the images of the batch
 * (engine/ops/lower-convolution.ts), and has the same fault.
 */
import type { Graph } from "../engine/index.ts";
import { checkForWebGpu } from "../engine/onnx/webgpu-limits.ts";
import { HalfstepError } from "../errors.ts";

/** @throws {HalfstepError} `device-unavailable`, naming the op and its sizes */
export function checkTrainingForWebGpu(graph: Graph): void {
  checkForWebGpu(graph);
  for (const { op, inputs } of graph.order) {
    if (op.name !== "conv2d-kernel-gradient") continue;
    const [batch = 0] = inputs[0]?.shape ?? [];
    const channels = inputs[1]?.shape[1] ?? 0;
    if (batch <= 3 || batch % 3 !== 0 || batch % 4 === 0 || channels % 4 !== 0) continue;
    throw new HalfstepError(
      "device-unavailable",
      `device: got "webgpu" for a batch of ${batch}, whose ${op.name} for ${channels} channels onnxruntime computes wrongly there, expected a batch in multiples of 4; set another batch or take another device`,
    );
  }
}
