/**
 * A codec that tells the latents behind what it codes, in any runtime: it watches the graphs that a codec opens. Platform-free,
 * for it runs in this process, in a child of it and in a browser.
 */
import { type NetworkRunner, openNetwork } from "../../src/codec/graphs.ts";
import {
  createImageCodec,
  type EncodeOptions,
  type ImageCodec,
  type ImageCodecOptions,
} from "../../src/codec/image-codec.ts";
import type { Model } from "../../src/codec/model/model.ts";
import { parseModel } from "../../src/codec/model/model-file.ts";
import { arrayOf, type FloatArray, type OpenGraph, type OwnedArray } from "../../src/engine/index.ts";
import { hex } from "../../src/hex.ts";
import type { Image } from "../../src/image/image.ts";
import { RESULT } from "../../src/networks/entropy/index.ts";

/** What the decoder must have as the encoder had it, window by window. */
export interface Latents {
  /** Integers that went into the hyper-synthesis; none without a hyper-latent. */
  readonly z: readonly Float32Array[];
  /** What came out of the entropy networks, graph after graph. */
  readonly parameters: readonly Float32Array[];
  /** What the synthesis gets: integers, each plus its mean. Only decoding tells them. */
  readonly y: readonly Float32Array[];
}

/** A codec in some runtime, this process or another. */
export interface RecordedCodec {
  /**
   * Uses this model from now on, with these options. Graphs that are open for it are used again; otherwise `selfTestMs` is the
   * time that the exact graph took for the self-test.
   */
  use(modelBytes: Uint8Array, options?: ImageCodecOptions): Promise<{ readonly selfTestMs: number | null }>;
  encode(
    image: Image,
    options?: EncodeOptions,
  ): Promise<{ readonly bytes: Uint8Array; readonly latents: Latents; readonly ms: number }>;
  decode(bytes: Uint8Array): Promise<{ readonly image: Image; readonly latents: Latents; readonly ms: number }>;
  close(): Promise<void>;
}

/** Collects what passes through the graphs of a codec. */
class Recorder {
  /** Duration of the last run of an exact graph. */
  exactMs: number | null = null;
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
      const run = async (feeds: ReadonlyMap<string, FloatArray>): Promise<ReadonlyMap<string, OwnedArray>> => {
        const startMs = performance.now();
        const outputs = await session.run(feeds);
        if (options?.exact) this.exactMs = performance.now() - startMs;
        // Adding 0 makes -0 to 0: rounding gives the one, decoding the other, and both are the same integer.
        const copy = (arrays: ReadonlyMap<string, FloatArray>, name: string) =>
          arrayOf(arrays, name).data.map((value) => value + 0);
        if (options?.exact) {
          if (feeds.has("z")) this.#latents.z.push(copy(feeds, "z"));
          this.#latents.parameters.push(copy(outputs, RESULT));
        }
        if (graph.outputs.has("image")) this.#latents.y.push(copy(feeds, "y"));
        return outputs;
      };
      return { run, close: () => session.close() };
    };
  }
}

/** A codec whose graphs the given function opens. */
export function recordedCodec(open: OpenGraph, threads: number): RecordedCodec {
  const recorder = new Recorder();
  let opened: { readonly identity: Uint8Array; readonly model: Model; readonly runner: NetworkRunner } | null = null;
  let codec: ImageCodec | null = null;
  const current = (): ImageCodec => {
    if (codec === null) throw new Error("internal: no model was chosen");
    return codec;
  };
  return {
    async use(modelBytes, options = {}) {
      const identity = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", modelBytes.slice()));
      if (opened === null || hex(opened.identity) !== hex(identity)) {
        const model = parseModel(modelBytes, "model");
        const runner = await openNetwork(model, recorder.watch(open), threads);
        // Not before: with its last session a graphics card loses the programs it has compiled, and the next model has many of the same.
        await opened?.runner.close();
        opened = { identity, model, runner };
      }
      codec = createImageCodec(opened.model, identity, opened.runner, options);
      const { exactMs: selfTestMs } = recorder;
      recorder.exactMs = null;
      return { selfTestMs };
    },
    async encode(image, options) {
      recorder.take();
      const startMs = performance.now();
      const { bytes } = await current().encode(image, options);
      return { bytes, latents: recorder.take(), ms: performance.now() - startMs };
    },
    async decode(bytes) {
      recorder.take();
      const startMs = performance.now();
      const image = await current().decode(bytes);
      return { image, latents: recorder.take(), ms: performance.now() - startMs };
    },
    async close() {
      await opened?.runner.close();
      opened = null;
      codec = null;
    },
  };
}
