/**
 * The public entry in a browser: everything of the platform-free entry, and codecs that run by onnxruntime-web, as WebAssembly or on WebGPU.
 * Streams decode to the same latents as on Node, bit for bit. Pictures come and go as arrays, and the page itself fetches the bytes of a model.
 *
 * onnxruntime-web is an optional peer dependency. Install it beside halfstep.
 */

import { checkBytes, checkOptions } from "./arguments.ts";
import { IMAGE_CODEC_OPTIONS } from "./codec/encode-settings.ts";
import type { ImageCodec } from "./codec/image-codec.ts";
import type { ModelInfo } from "./codec/model/model-info.ts";
import type { DirectCodecOptions } from "./web/direct-codec.ts";
import { canHaveWorker, createWorkerCodec } from "./web/worker-codec.ts";

export type { EffortProgress } from "./codec/encode-settings.ts";
export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
export type { ModelInfo } from "./codec/model/model-info.ts";
export type { WasmPaths, WebDevice } from "./engine/runtime/web-session.ts";
export type { RgbColour } from "./image/pixel-layout.ts";
export { type ImageFromRgbaOptions, imageFromRgba, type RgbaPixels, rgbaFromImage } from "./image/rgba.ts";
export * from "./index.ts";
export type { HeardSignal, StopSignal } from "./stop-signal.ts";

/** Options of {@link createCodec}: where the codec runs and what it accepts. */
export interface CreateCodecOptions extends DirectCodecOptions {
  /**
   * Where the codec computes. `true`: in a worker of its own. `false`: in the thread that asks, which is blocked meanwhile. A string is the address of
   * the worker's script, for bundlers that do not know `new Worker(new URL(...))`: a bundle of `halfstep/web-worker`. Default: `true` in a page,
   * `false` elsewhere, for instance inside a worker.
   */
  readonly worker?: boolean | string;
}

const CREATE_CODEC_OPTIONS: readonly (keyof CreateCodecOptions)[] = [
  "device",
  "threads",
  "wasmPaths",
  "runtimeAddress",
  "prepare",
  "worker",
  ...IMAGE_CODEC_OPTIONS,
];

/** An {@link ImageCodec} that says which model it has. */
export interface Codec extends ImageCodec {
  /** What the model is and was trained for. */
  readonly model: ModelInfo;
}

/**
 * Makes a codec of the bytes of a model file. Close it when you are done.
 *
 * @example
 * const response = await fetch("/models/halfstep-2.safetensors");
 * if (!response.ok) throw new Error(`the model: ${response.status}`);
 * const codec = await createCodec(new Uint8Array(await response.arrayBuffer()));
 * const { bytes } = await codec.encode(imageFromRgba(context.getImageData(0, 0, width, height)));
 * const image = await codec.decode(bytes);
 *
 * @param modelBytes the model file; copied before this function returns its promise
 * @throws {TypeError} if the model is not a Uint8Array, or the options are not an object or have an unknown name
 * @throws {RangeError} for an unknown device or preparation, a thread count below 1, or a `tileSide` that is not a multiple of 64; also
 *   onnxruntime's error if there is no memory for the model
 * @throws {HalfstepError} `bad-model`, `bad-safetensors`, `bad-tables` or `bad-weights` for bytes that are not a model;
 *   `device-unavailable` or `runtime-unavailable` if the runtime does not start; `inexact-engine` if it fails the model's
 *   self-test; `insecure-context` if the page did not come by https, because browsers then have no SHA-256; `worker-unavailable` if the
 *   worker's script does not load
 */
export async function createCodec(modelBytes: Uint8Array, options: CreateCodecOptions = {}): Promise<Codec> {
  checkBytes(modelBytes, "createCodec: the model");
  checkOptions(options, "createCodec: the options", CREATE_CODEC_OPTIONS);
  const { worker = canHaveWorker(), ...where } = options;
  // `slice` of a Buffer, which is a Uint8Array too, would not copy.
  const bytes = new Uint8Array(modelBytes);
  if (worker !== false) return createWorkerCodec(bytes, where, worker === true ? undefined : worker);
  // A page whose codec is in a worker does not load the codec itself.
  const { createDirectCodec } = await import("./web/direct-codec.ts");
  return createDirectCodec(bytes, where);
}
