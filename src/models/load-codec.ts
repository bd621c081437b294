/** Opens a model's graphs in onnxruntime, on the processor or a graphics card, and gives the codec that runs them. */
import { checkOneOf, checkOptions } from "../arguments.ts";
import { readHeader } from "../codec/container/stream-header.ts";
import { openNetwork, type Preparation } from "../codec/graphs.ts";
import {
  createImageCodec,
  IMAGE_CODEC_OPTIONS,
  type ImageCodec,
  type ImageCodecOptions,
} from "../codec/image-codec.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import type { Device } from "../engine/runtime/session.ts";
import {
  defaultModel,
  findModel,
  type LoadedModel,
  type ModelInfo,
  modelByIdentity,
  type UrlObject,
} from "./model-files.ts";
import { nodeDeflate } from "./node-deflate.ts";

export type { Device } from "../engine/runtime/session.ts";

/** Options of {@link loadCodec}. */
export interface LoadCodecOptions extends ImageCodecOptions {
  /**
   * Name of a shipped model, path of a model file, or its URL, as text or object (file, or http and https: fetched once and kept,
   * see `remote-model.ts`).
   * Default: a shipped model of variable rate, or else that of the middle rate.
   */
  readonly model?: string | UrlObject;
  /** Threads that compute, 1 to four for each core. Default 1. The bytes and the pixels of a stream do not depend on it. */
  readonly threads?: number;
  /**
   * Where the networks run: "cpu", the default; "webgpu", a graphics card through its driver; "cuda", one through NVIDIA's
   * libraries, where onnxruntime-node was installed with them (untested). A stream may be decoded on another device than the
   * one that wrote it: the latents are the same integers, pixels differ by at most one level.
   */
  readonly device?: Device;
  /**
   * What the codec is to be ready for: "encode", "decode", or "both", the default. What the other direction needs is loaded when it is first used; who
   * needs only one waits less.
   */
  readonly prepare?: Preparation;
}

const PREPARATIONS: readonly Preparation[] = ["encode", "decode", "both"];
const LOAD_CODEC_OPTIONS: readonly (keyof LoadCodecOptions)[] = [
  "model",
  "threads",
  "device",
  "prepare",
  ...IMAGE_CODEC_OPTIONS,
];

/** An {@link ImageCodec} that says which model it has. */
export interface Codec extends ImageCodec {
  /** What the model is and was trained for. */
  readonly model: ModelInfo;
}

/**
 * The codec of a model at hand.
 * @throws {RangeError} for an unknown device, a bad thread count or side of tiles
 * @throws {HalfstepError} `bad-weights`; `device-unavailable` if the device is not there; `inexact-engine` if the device
 *   fails the model's self-test
 */
export async function openCodec(loaded: LoadedModel, options: LoadCodecOptions = {}): Promise<Codec> {
  const { model: _, threads = 1, device = "cpu", prepare = "both", ...limits } = options;
  checkOneOf(prepare, PREPARATIONS, "prepare");
  const runner = await openNetwork(loaded.model, openGraphOn(device), threads, prepare);
  try {
    return { model: loaded.info, ...createImageCodec(loaded.model, loaded.identity, runner, limits, nodeDeflate) };
  } catch (error) {
    await runner.close();
    throw error;
  }
}

/**
 * Loads a codec. Close it when done.
 *
 * @example
 * const codec = await loadCodec();
 * const { bytes } = await codec.encode({ width, height, data }); // data: r, g, b, r, g, b, ...
 * const image = await codec.decode(bytes);
 * await codec.close();
 *
 * @throws {TypeError} for options that are no object, or a model that is neither text nor a URL
 * @throws {RangeError} for an unknown device or preparation, a bad thread count or side of tiles
 * @throws {UsageError} `missing-model` if the model is not there
 * @throws {HalfstepError} `bad-model`, `bad-safetensors`, `bad-tables` or `bad-weights` if it is damaged,
 *   `device-unavailable` or `inexact-engine` if the device is not there or does not compute as it must; for a URL also
 *   `bad-model-url`, `model-unreachable`, `model-too-large`, `wrong-identity` and `cannot-write` (the cache)
 */
export async function loadCodec(options: LoadCodecOptions = {}): Promise<Codec> {
  checkOptions(options, "loadCodec: the options", LOAD_CODEC_OPTIONS);
  const loaded = options.model === undefined ? await defaultModel() : await findModel(options.model);
  return openCodec(loaded, options);
}

/**
 * Loads the codec that a stream names: the shipped model of that identity, one that was fetched from a URL before, or the given
 * model, which `decode` compares with the stream.
 *
 * @param stream a stream, or its first 32 bytes or more
 * @throws {BitstreamError} for bytes that do not begin like a stream
 * @throws {UsageError} `missing-model`, with the identity that is needed
 * @throws {HalfstepError} as {@link loadCodec}
 */
export async function loadCodecFor(stream: Uint8Array, options: LoadCodecOptions = {}): Promise<Codec> {
  checkOptions(options, "loadCodecFor: the options", LOAD_CODEC_OPTIONS);
  const { modelIdentity } = readHeader(stream);
  const loaded = options.model === undefined ? await modelByIdentity(modelIdentity) : await findModel(options.model);
  return openCodec(loaded, options);
}
