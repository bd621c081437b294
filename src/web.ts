/**
 * The public entry in a browser: everything of the platform-free entry, and codecs that run by onnxruntime-web, as WebAssembly
 * or on WebGPU. Streams are those of Node, bit for bit in the latents. It knows no page: pictures come and go as arrays, and
 * the bytes of a model are fetched by whoever uses it.
 *
 * onnxruntime-web is an optional peer dependency: install it beside halfstep.
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

/** Options of {@link createCodec}: where it runs and what it accepts. */
export interface CreateCodecOptions extends DirectCodecOptions {
  /**
   * Where the codec computes: `true` in a worker of its own; `false` in the thread that asks, which has to wait meanwhile. An address is that of the
   * worker's script, `halfstep/web-worker` in a bundle of its own, for bundlers that do not know `new Worker(new URL(...))`. Default: `true` in a page,
   * `false` elsewhere, as in a worker.
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
 * Makes a codec of a model file's bytes. Close it when done.
 *
 * @example
 * const response = await fetch("/models/halfstep-2.safetensors");
 * if (!response.ok) throw new Error(`the model: ${response.status}`);
 * const codec = await createCodec(new Uint8Array(await response.arrayBuffer()));
 * const { bytes } = await codec.encode(imageFromRgba(context.getImageData(0, 0, width, height)));
 * const image = await codec.decode(bytes);
 *
 * @param modelBytes copied before this returns a promise
 * @throws {TypeError} for anything but bytes, or options that are no object
 * @throws {RangeError} for an unknown device or preparation, a thread count below 1, and a `tileSide` that is no multiple of 64; onnxruntime's error for a model
 *   that it has no memory for
 * @throws {HalfstepError} `bad-model`, `bad-safetensors`, `bad-tables` or `bad-weights` for bytes that are not a model;
 *   `device-unavailable` or `runtime-unavailable` if the runtime cannot be had; `inexact-engine` if it fails the model's
 *   self-test; `insecure-context` where browsers withhold SHA-256; `worker-unavailable` if the script of its worker does not load
 */
export async function createCodec(modelBytes: Uint8Array, options: CreateCodecOptions = {}): Promise<Codec> {
  checkBytes(modelBytes, "createCodec: the model");
  checkOptions(options, "createCodec: the options", CREATE_CODEC_OPTIONS);
  const { worker = canHaveWorker(), ...where } = options;
  // `slice` of a Buffer, which is a Uint8Array too, would not copy.
  const bytes = new Uint8Array(modelBytes);
  if (worker !== false) return createWorkerCodec(bytes, where, worker === true ? undefined : worker);
  // A page whose codec is in a worker need not load the codec itself.
  const { createDirectCodec } = await import("./web/direct-codec.ts");
  return createDirectCodec(bytes, where);
}
