/**
 * A codec that tells the latents behind what it codes, in any runtime: it watches the graphs that a codec opens. Platform-free,
 * for it runs in this process, in a child of it and in a browser.
 */
import { type FloatArray, type OpenGraph, openNetwork } from "../../src/codec/graphs.ts";
import { createImageCodec, type ImageCodecOptions } from "../../src/codec/image-codec.ts";
import { parseModel } from "../../src/codec/model/model-file.ts";
import type { Image } from "../../src/image/image.ts";

/** What the decoder must have as the encoder had it, window by window. */
export interface Latents {
  /** Integers that went into the hyper-synthesis; none without a hyper-latent. */
  readonly z: readonly Float32Array[];
  /** What came out of it: scales, then means. */
  readonly parameters: readonly Float32Array[];
  /** What the synthesis gets: integers, each plus its mean. Only decoding tells them. */
  readonly y: readonly Float32Array[];
}

/** A codec in some runtime, this process or another. */
export interface RecordedCodec {
  /** Uses another model from now on; the first call opens the first. */
  use(modelBytes: Uint8Array, options?: ImageCodecOptions): Promise<void>;
  encode(image: Image): Promise<{ readonly bytes: Uint8Array; readonly latents: Latents }>;
  decode(bytes: Uint8Array): Promise<{ readonly image: Image; readonly latents: Latents }>;
  close(): Promise<void>;
}

/** Collects what passes through the graphs of a codec. */
class Recorder {
  #latents: { z: Float32Array[]; parameters: Float32Array[]; y: Float32Array[] } = { z: [], parameters: [], y: [] };

  /** What was collected since the last call. */
  take(): Latents {
    const taken = this.#latents;
    this.#latents = { z: [], parameters: [], y: [] };
    return taken;
  }

  watch(open: OpenGraph): OpenGraph {
    return async (graph, options) => {
      const session = await open(graph, options);
      const run = async (feeds: ReadonlyMap<string, FloatArray>): Promise<ReadonlyMap<string, FloatArray>> => {
        const outputs = await session.run(feeds);
        const copy = (array: FloatArray | undefined) => (array?.data ?? new Float32Array(0)).slice();
        if (graph.outputs.has("scale")) {
          this.#latents.z.push(copy(feeds.get("z")));
          this.#latents.parameters.push(copy(outputs.get("scale")), copy(outputs.get("mean")));
        }
        if (graph.outputs.has("image")) this.#latents.y.push(copy(feeds.get("y")));
        return outputs;
      };
      return { run, close: () => session.close() };
    };
  }
}

/** A codec whose graphs the given function opens. */
export function recordedCodec(open: OpenGraph, threads: number): RecordedCodec {
  const recorder = new Recorder();
  let codec: ReturnType<typeof createImageCodec> | null = null;
  const current = (): ReturnType<typeof createImageCodec> => {
    if (codec === null) throw new Error("internal: no model was chosen");
    return codec;
  };
  return {
    async use(modelBytes, options = {}) {
      await codec?.close();
      const identity = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", modelBytes.slice()));
      const model = parseModel(modelBytes, "model");
      codec = createImageCodec(model, identity, await openNetwork(model, recorder.watch(open), threads), options);
    },
    async encode(image) {
      recorder.take();
      const { bytes } = await current().encode(image);
      return { bytes, latents: recorder.take() };
    },
    async decode(bytes) {
      recorder.take();
      const image = await current().decode(bytes);
      return { image, latents: recorder.take() };
    },
    async close() {
      await codec?.close();
      codec = null;
    },
  };
}
