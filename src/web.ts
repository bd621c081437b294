/**
 * The public entry in a browser: everything of the platform-free entry, and codecs that run by onnxruntime-web, as WebAssembly
 * or on WebGPU. Streams are those of Node, bit for bit in the latents. It knows no page: pictures come and go as arrays, and
 * the bytes of a model are fetched by whoever uses it.
 *
 * onnxruntime-web is an optional peer dependency: install it beside halfstep.
 */

import { checkBytes, checkOptions } from "./arguments.ts";
import { openNetwork } from "./codec/graphs.ts";
import { createImageCodec, IMAGE_CODEC_OPTIONS, type ImageCodec, type ImageCodecOptions } from "./codec/image-codec.ts";
import { parseModel } from "./codec/model/model-file.ts";
import { type ModelInfo, modelInfo } from "./codec/model/model-info.ts";
import type { OpenGraph } from "./engine/index.ts";
import { exportOnnx } from "./engine/onnx/export.ts";
import { checkForWebGpu } from "./engine/onnx/webgpu-limits.ts";
import {
  openWebSession,
  type WasmPaths,
  type WebDevice,
  type WebSessionOptions,
} from "./engine/runtime/web-session.ts";
import { HalfstepError } from "./errors.ts";

export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
export type { ModelInfo } from "./codec/model/model-info.ts";
export type { WasmPaths, WebDevice } from "./engine/runtime/web-session.ts";
export type { RgbColour } from "./image/pixel-layout.ts";
export { type ImageFromRgbaOptions, imageFromRgba, type RgbaPixels, rgbaFromImage } from "./image/rgba.ts";
export * from "./index.ts";

/** Options of {@link createCodec}: where it runs and what it accepts. */
export interface CreateCodecOptions extends WebSessionOptions, ImageCodecOptions {}

const CREATE_CODEC_OPTIONS: readonly (keyof CreateCodecOptions)[] = [
  "device",
  "threads",
  "wasmPaths",
  ...IMAGE_CODEC_OPTIONS,
];

/** An {@link ImageCodec} that says which model it has. */
export interface Codec extends ImageCodec {
  /** What the model is and was trained for. */
  readonly model: ModelInfo;
}

/** What browsers hide from pages that came by plain http. */
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
function openGraphOnWeb(device: WebDevice, wasmPaths?: WasmPaths): OpenGraph {
  const where = { device, ...(wasmPaths === undefined ? {} : { wasmPaths }) };
  return async (graph, { threads = 1, openImageSize = false } = {}) => {
    if (device === "webgpu") checkForWebGpu(graph);
    return openWebSession(exportOnnx(graph, { openImageSize }), { ...where, threads });
  };
}

/**
 * Makes a codec of a model file's bytes. Close it when done.
 *
 * @example
 * const response = await fetch("/models/halfstep-1.safetensors");
 * if (!response.ok) throw new Error(`the model: ${response.status}`);
 * const codec = await createCodec(new Uint8Array(await response.arrayBuffer()));
 * const { bytes } = await codec.encode(imageFromRgba(context.getImageData(0, 0, width, height)));
 * const image = await codec.decode(bytes);
 *
 * @param modelBytes copied before this returns a promise
 * @throws {TypeError} for anything but bytes, or options that are no object
 * @throws {RangeError} for an unknown device, a thread count below 1, and a `tileSide` that is no multiple of 64; onnxruntime's error for a model
 *   that it has no memory for
 * @throws {HalfstepError} `bad-model`, `bad-safetensors`, `bad-tables` or `bad-weights` for bytes that are not a model;
 *   `device-unavailable` or `runtime-unavailable` if the runtime cannot be had; `inexact-engine` if it fails the model's
 *   self-test; `insecure-context` where browsers withhold SHA-256
 */
export async function createCodec(modelBytes: Uint8Array, options: CreateCodecOptions = {}): Promise<Codec> {
  checkBytes(modelBytes, "createCodec: the model");
  checkOptions(options, "createCodec: the options", CREATE_CODEC_OPTIONS);
  const { device = "wasm", threads = 1, wasmPaths, ...limits } = options;
  // `slice` of a Buffer, which is a Uint8Array too, would not copy.
  const bytes = new Uint8Array(modelBytes);
  const identity = await sha256(bytes);
  const model = parseModel(bytes, "model");
  const runner = await openNetwork(model, openGraphOnWeb(device, wasmPaths), threads);
  try {
    const codec = createImageCodec(model, identity, runner, limits);
    return { model: modelInfo(model, identity, bytes.length), ...codec };
  } catch (error) {
    await runner.close();
    throw error;
  }
}
