/**
 * One engine in a worker of its own. It encodes, decodes, and tells a hash of all integers that must be the same in encoder and decoder. These are what goes into
 * the exact networks, what comes out of them, and what goes into the synthesis.
 */
import * as Comlink from "comlink";
import { openNetwork } from "../../../src/codec/graphs.ts";
import { createImageCodec, type ImageCodec } from "../../../src/codec/image-codec.ts";
import { parseModel } from "../../../src/codec/model/model-file.ts";
import type { OpenGraph, Session } from "../../../src/engine/index.ts";
import { exportOnnx } from "../../../src/engine/onnx/export.ts";
import { openWebSession } from "../../../src/engine/runtime/web-session.ts";
import { imageFromRgba } from "../../../src/image/rgba.ts";
import type { CodecPlace } from "../codec/codec-places.ts";
import { download } from "../codec/download.ts";
import { MODEL_FILES } from "../codec/heavy-files.ts";
import { runtimeFiles } from "../codec/runtime.ts";

/** What an engine wrote. */
export interface Written {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ms: number;
}

/** What an engine read from a file. */
export interface ReadIntegers {
  /** SHA-256 of the integers, hexadecimal. */
  readonly hash: string;
  readonly count: number;
  readonly ms: number;
}

let codec: ImageCodec | null = null;
/** What went by since the last call began. */
let passed: Float32Array<ArrayBuffer>[] = [];

/** Adding 0 turns -0 into 0. Rounding gives one and decoding the other, and both are the same integer. */
function keep(data: Float32Array): void {
  passed.push(Float32Array.from(data, (value) => value + 0));
}

/** Opens graphs, and keeps the integers that go through them. */
function listening(open: OpenGraph): OpenGraph {
  return async (graph, options) => {
    const session = await open(graph, options);
    const run: Session["run"] = async (feeds) => {
      const outputs = await session.run(feeds);
      if (options?.exact) for (const { data } of [...feeds.values(), ...outputs.values()]) keep(data);
      if (graph.outputs.has("image")) keep(feeds.get("y")?.data ?? new Float32Array(0));
      return outputs;
    };
    return { ...session, run };
  };
}

async function sha256(parts: readonly Uint8Array<ArrayBuffer>[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await new Blob([...parts]).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function current(): ImageCodec {
  if (codec === null) throw new Error("internal: the engine was not opened");
  return codec;
}

const api = {
  /** Opens the model on an engine. */
  async open({ device, threads }: CodecPlace): Promise<void> {
    const wasmPaths = await runtimeFiles(device, () => undefined);
    const bytes = await download(MODEL_FILES.psnr, () => undefined);
    const open: OpenGraph = (graph, { openImageSize = false } = {}) =>
      openWebSession(exportOnnx(graph, { openImageSize }), { device, threads, wasmPaths });
    const model = parseModel(bytes, "model");
    const runner = await openNetwork(model, listening(open), threads);
    codec = createImageCodec(model, new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), runner);
  },

  /** Encodes pixels. */
  async encode(pixels: ImageData): Promise<Written> {
    const start = performance.now();
    const { bytes } = await current().encode(imageFromRgba(pixels));
    return { bytes, ms: performance.now() - start };
  },

  /** Decodes a file and tells its integers. */
  async decode(bytes: Uint8Array): Promise<ReadIntegers> {
    passed = [];
    const start = performance.now();
    await current().decode(bytes);
    const ms = performance.now() - start;
    const count = passed.reduce((sum, { length }) => sum + length, 0);
    const hash = await sha256(passed.map(({ buffer }) => new Uint8Array(buffer)));
    passed = [];
    return { hash, count, ms };
  },
};

/** The type of the worker, for the view. */
export type ProofWorker = typeof api;

Comlink.expose(api);
