/** A codec that computes in the thread that asks, by onnxruntime-web. */
import { checkOneOf } from "../arguments.ts";
import { openNetwork, type Preparation } from "../codec/graphs.ts";
import { createImageCodec, type ImageCodec, type ImageCodecOptions } from "../codec/image-codec.ts";
import { parseModel } from "../codec/model/model-file.ts";
import { type ModelInfo, modelInfo } from "../codec/model/model-info.ts";
import type { OpenGraph } from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { checkForWebGpu } from "../engine/onnx/webgpu-limits.ts";
import { openWebSession, type WebDevice, type WebSessionOptions } from "../engine/runtime/web-session.ts";
import { HalfstepError } from "../errors.ts";

/** Where a codec runs and what it accepts. */
export interface DirectCodecOptions extends WebSessionOptions, ImageCodecOptions {
  /**
   * What the codec is ready for when it opens: "encode", "decode", or "both" (the default). Opening for one direction is faster. The other direction is
   * loaded when it is first used.
   */
  readonly prepare?: Preparation;
}

const PREPARATIONS: readonly Preparation[] = ["encode", "decode", "both"];

/** The part of the platform that browsers hide from pages that came by plain http. */
interface WithCrypto {
  readonly crypto?: { readonly subtle?: { digest(algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer> } };
}

/** `[32]`: the identity of a model file. */
async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const { crypto } = globalThis as WithCrypto;
  if (crypto?.subtle === undefined) {
    throw new HalfstepError(
      "insecure-context",
      "createCodec: got a page without crypto.subtle, expected a secure context; serve the page by https, or from localhost",
    );
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** What opens a model's graphs by onnxruntime-web. */
function openGraphOnWeb(device: WebDevice, where: WebSessionOptions): OpenGraph {
  return async (graph, { threads = 1, openImageSize = false, exact = false } = {}) => {
    if (device === "webgpu") checkForWebGpu(graph);
    const winograd = device === "wasm" && !exact;
    return openWebSession(exportOnnx(graph, { openImageSize, winograd }), { ...where, device, threads });
  };
}

/**
 * Makes a codec of a model file's bytes.
 * @param bytes nobody may write to them before the promise is fulfilled
 * @throws as `createCodec` of `web.ts`
 */
export async function createDirectCodec(
  bytes: Uint8Array,
  options: DirectCodecOptions,
): Promise<ImageCodec & { readonly model: ModelInfo }> {
  const { device = "wasm", threads = 1, wasmPaths, runtimeAddress, prepare = "both", ...limits } = options;
  checkOneOf(prepare, PREPARATIONS, "prepare");
  const identity = await sha256(bytes);
  const model = parseModel(bytes, "model");
  const where = {
    ...(wasmPaths !== undefined && { wasmPaths }),
    ...(runtimeAddress !== undefined && { runtimeAddress }),
  };
  const runner = await openNetwork(model, openGraphOnWeb(device, where), threads, prepare);
  try {
    const codec = createImageCodec(model, identity, runner, limits);
    return { model: modelInfo(model, identity, bytes.length), ...codec };
  } catch (error) {
    await runner.close();
    throw error;
  }
}
