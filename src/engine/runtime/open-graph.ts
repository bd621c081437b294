/** Opens graphs by onnxruntime-node on a device of this machine. */
import { exportOnnx } from "../onnx/export.ts";
import { checkForWebGpu } from "../onnx/webgpu-limits.ts";
import type { OpenGraph } from "../session.ts";
import { type Device, openSession } from "./session.ts";

/**
 * A function that opens graphs on a device.
 * @param threads of one run, at least 1, unless the caller that opens a graph asks for another number
 */
export function openGraphOn(device: Device, threads = 1): OpenGraph {
  return async (graph, { threads: asked = threads, openImageSize = false, exact = false } = {}) => {
    if (device === "webgpu") checkForWebGpu(graph);
    // cuDNN chooses convolution algorithms by size, and some of them do not compute sums of products.
    const where = exact && device === "cuda" ? "cpu" : device;
    return openSession(exportOnnx(graph, { openImageSize }), { threads: asked, device: where });
  };
}
