/** Opens a model's graphs in onnxruntime, on the processor or a graphics card, and makes the codec that runs them. */
import { checkOneOf, checkOptions } from "../arguments.ts";
import { readHeader } from "../codec/container/stream-header.ts";
import { openNetwork, type Preparation } from "../codec/graphs.ts";
import {
  createImageCodec,
  IMAGE_CODEC_OPTIONS,
  type ImageCodec,
  type ImageCodecOptions,
} from "../codec/image-codec.ts";
import { TUNES, type Tune } from "../distortion.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import type { Device } from "../engine/runtime/session.ts";
import { UsageError } from "../errors.ts";
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
   * Name of a shipped model, path of a model file, or its URL, as a string or a `URL` (file:, http: or https:). A file from http or https is fetched
   * once and kept. Default: the shipped model with the widest range of qualities, see `tune`.
   */
  readonly model?: string | UrlObject;
  /**
   * Which shipped model is taken where none is named: the one for the least squared error ("psnr", the default), or the one for the eye ("ssim"), which
   * was trained for MS-SSIM.
   */
  readonly tune?: Tune;
  /** Threads that compute, from 1 to four for each core. Default 1. Bytes and pixels do not depend on it. */
  readonly threads?: number;
  /**
   * Where the networks run. "cpu" (the default) is the processor, "webgpu" a graphics card through its driver, "cuda" a graphics card through NVIDIA's
   * libraries, if onnxruntime-node was installed with them (untested). Every device decodes what any other wrote: the latents are the same integers,
   * and pixels differ by at most one level.
   */
  readonly device?: Device;
  /**
   * What the codec is ready for when it opens: "encode", "decode", or "both" (the default). Opening for one direction is faster. The other direction is
   * loaded when it is first used.
   */
  readonly prepare?: Preparation;
}

const PREPARATIONS: readonly Preparation[] = ["encode", "decode", "both"];
const OPTIONS_FOR_STREAMS: readonly (keyof LoadCodecOptions)[] = [
  "model",
  "threads",
  "device",
  "prepare",
  ...IMAGE_CODEC_OPTIONS,
];
const LOAD_CODEC_OPTIONS: readonly (keyof LoadCodecOptions)[] = ["tune", ...OPTIONS_FOR_STREAMS];

/** An {@link ImageCodec} that says which model it has. */
export interface Codec extends ImageCodec {
  /** What the model is and was trained for. */
  readonly model: ModelInfo;
}

/**
 * Opens the codec of a model in memory.
 * @throws {RangeError} for an unknown device, a bad thread count or side of tiles
 * @throws {HalfstepError} `bad-weights`; `device-unavailable` if the device is not there; `inexact-engine` if the device
 *   fails the model's self-test
 */
export async function openCodec(loaded: LoadedModel, options: LoadCodecOptions = {}): Promise<Codec> {
  const { model: _, tune: __, threads = 1, device = "cpu", prepare = "both", ...limits } = options;
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
 * Loads a codec. Close it when you are done.
 *
 * @example
 * const codec = await loadCodec();
 * const { bytes } = await codec.encode({ width, height, data }); // data: r, g, b, r, g, b, ...
 * const image = await codec.decode(bytes);
 * await codec.close();
 *
 * @throws {TypeError} if the options are not an object or have an unknown name, or the model is neither a string nor a URL
 * @throws {RangeError} for an unknown device, tune or preparation, or a bad thread count or side of tiles
 * @throws {UsageError} `missing-model` if there is no such model; `bad-usage` for a model together with a tune
 * @throws {HalfstepError} `bad-model`, `bad-safetensors`, `bad-tables` or `bad-weights` if the model is damaged; `device-unavailable` if there is
 *   no such device; `inexact-engine` if the device does not compute exact integers. For a URL also `bad-model-url`, `model-unreachable`,
 *   `model-too-large`, `wrong-identity`, and `cannot-write` if the cache cannot be written
 */
export async function loadCodec(options: LoadCodecOptions = {}): Promise<Codec> {
  checkOptions(options, "loadCodec: the options", LOAD_CODEC_OPTIONS);
  const { model, tune } = options;
  if (tune !== undefined) checkOneOf(tune, TUNES, "tune");
  if (model === undefined) return openCodec(await defaultModel(tune ?? "psnr"), options);
  if (tune === undefined) return openCodec(await findModel(model), options);
  throw new UsageError(
    "bad-usage",
    `tune: got "${tune}" beside the model "${model}", which is trained already; leave one of the two out`,
  );
}

/**
 * Loads the codec for a stream. The stream names its model by identity. That is a shipped model, or one that was fetched from a URL before. If the
 * options name a model, that one is taken, and `decode` compares it with the stream.
 *
 * @param stream a stream, or its first 32 bytes or more
 * @throws {BitstreamError} for bytes that do not begin like a stream
 * @throws {UsageError} `missing-model`, with the identity that is needed
 * @throws {HalfstepError} as {@link loadCodec}
 */
export async function loadCodecFor(stream: Uint8Array, options: Omit<LoadCodecOptions, "tune"> = {}): Promise<Codec> {
  checkOptions(options, "loadCodecFor: the options", OPTIONS_FOR_STREAMS);
  const { modelIdentity } = readHeader(stream);
  const loaded = options.model === undefined ? await modelByIdentity(modelIdentity) : await findModel(options.model);
  return openCodec(loaded, options);
}
