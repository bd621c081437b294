/** Opens a model's graphs in onnxruntime and gives the codec that runs them. */
import { readHeader } from "../codec/container/stream-header.ts";
import { openNetwork } from "../codec/graphs.ts";
import { createImageCodec, type ImageCodec, type ImageCodecOptions } from "../codec/image-codec.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openSession } from "../engine/runtime/session.ts";
import { defaultModel, findModel, type LoadedModel, type ModelInfo, modelByIdentity } from "./model-files.ts";

/** Options of {@link loadCodec}. */
export interface LoadCodecOptions extends ImageCodecOptions {
  /** Name of a shipped model or path of a model file. Default: the shipped model of the middle rate. */
  readonly model?: string;
  /** Threads that compute, at least 1. Default 1. The bytes and the pixels of a stream do not depend on it. */
  readonly threads?: number;
}

/** An {@link ImageCodec} that says which model it has. */
export interface Codec extends ImageCodec {
  readonly model: ModelInfo;
}

/** The codec of a model at hand. @throws {RangeError} for a bad thread count. @throws {HalfstepError} `bad-weights`. */
export async function openCodec(loaded: LoadedModel, options: LoadCodecOptions = {}): Promise<Codec> {
  const { model: _, threads = 1, ...limits } = options;
  const runner = await openNetwork(
    loaded.model,
    (graph, { threads: count }) => openSession(exportOnnx(graph, { openImageSize: true }), { threads: count }),
    threads,
  );
  const codec = createImageCodec(loaded.model, loaded.identity, runner, limits);
  return { model: loaded.info, ...codec };
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
 * @throws {UsageError} `missing-model` if the model is not there
 * @throws {HalfstepError} `bad-model`, `bad-safetensors`, `bad-tables` or `bad-weights` if it is damaged
 */
export async function loadCodec(options: LoadCodecOptions = {}): Promise<Codec> {
  const loaded = options.model === undefined ? await defaultModel() : await findModel(options.model);
  return openCodec(loaded, options);
}

/**
 * Loads the codec that a stream names: the shipped model of that identity, or the given model, which `decode` compares with
 * the stream.
 *
 * @param stream a stream, or its first 32 bytes or more
 * @throws {BitstreamError} for bytes that do not begin like a stream
 * @throws {UsageError} `missing-model`, with the identity that is needed
 * @throws {HalfstepError} as {@link loadCodec}
 */
export async function loadCodecFor(stream: Uint8Array, options: LoadCodecOptions = {}): Promise<Codec> {
  const { modelIdentity } = readHeader(stream);
  const loaded = options.model === undefined ? await modelByIdentity(modelIdentity) : await findModel(options.model);
  return openCodec(loaded, options);
}
