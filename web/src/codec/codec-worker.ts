/**
 * The codec in a worker: loads the model and the WebAssembly, encodes and decodes. One call at a time; the page queues them.
 */
import * as Comlink from "comlink";
import type { Preparation } from "../../../src/codec/graphs.ts";
import type { EncodeOptions, ImageCodec } from "../../../src/codec/image-codec.ts";
import type { ModelInfo } from "../../../src/codec/model/model-info.ts";
import { TUNES, type Tune } from "../../../src/distortion.ts";
import { hex } from "../../../src/hex.ts";
import type { Image } from "../../../src/image/image.ts";
import { rgbaFromImage } from "../../../src/image/rgba.ts";
import { qualityOfField, readHeader } from "../../../src/index.ts";
import { createDirectCodec } from "../../../src/web/direct-codec.ts";
import { release } from "../shell/release.ts";
import { type CodecPlace, codecPlaces } from "./codec-places.ts";
import { type DownloadProgress, download } from "./download.ts";
import { MODEL_FILES, RUNTIME_FILES } from "./heavy-files.ts";
import { remainingTime } from "./remaining-time.ts";
import { runtimeFiles, startRuntime } from "./runtime.ts";

/** What `open` gives. */
export interface OpenedCodec extends CodecPlace {
  readonly model: ModelInfo;
  /** From the first byte to a codec that is ready. */
  readonly openMs: number;
}

/** What a picture is encoded with. */
export interface EncodeSettings {
  /** 0..100 */
  readonly quality: number;
  /** 0..9 */
  readonly effort: number;
}

/** How far an encoder is: which rows were read, or how far the search of an effort is. */
export type EncodeProgress =
  | { readonly kind: "rows"; readonly part: number }
  | {
      readonly kind: "search";
      readonly part: number;
      /** Of the file if the search ended now; null before all of it was coded once. */
      readonly bytes: number | null;
      /** Null before it can be told. */
      readonly leftMs: number | null;
    };

/** What `encode` gives. */
export interface EncodedPicture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly bitsPerPixel: number;
  readonly ms: number;
}

/** What `decode` gives. */
export interface DecodedPicture {
  readonly image: Image;
  /** The same to look at. */
  readonly bitmap: ImageBitmap;
  /** Of 0..100; null for a model of fixed rate. */
  readonly quality: number | null;
  readonly ms: number;
}

let codec: ImageCodec | null = null;

function current(): ImageCodec {
  if (codec === null) throw new Error("internal: the codec was not opened");
  return codec;
}

async function openOn(
  { device, threads }: CodecPlace,
  prepare: Preparation,
  model: Promise<Uint8Array<ArrayBuffer>>,
  onProgress: (progress: DownloadProgress) => void,
): Promise<ModelInfo> {
  const wasmPaths = await runtimeFiles(device, onProgress);
  const started = startRuntime(device, threads, wasmPaths);
  const opening = model.then((bytes) => createDirectCodec(bytes, { device, threads, prepare, wasmPaths }));
  try {
    const [opened] = await Promise.all([opening, started]);
    codec = opened;
    return opened.model;
  } catch (error) {
    // A codec that opens all the same is of no use: the next place gets one of its own.
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  }
}

const api = {
  /**
   * Opens the codec of a model on the best place that there is: where one fails, the next is tried. A codec that was open is closed, because two take twice
   * the memory.
   * @param prepare what it is needed for first
   * @throws what the last place threw
   */
  async open(tune: Tune, prepare: Preparation, onProgress: (progress: DownloadProgress) => void): Promise<OpenedCodec> {
    const start = performance.now();
    const before = codec;
    codec = null;
    await before?.close();
    const file = MODEL_FILES[tune];
    const loaded = { model: 0, wasm: 0 };
    let runtimeBytes = RUNTIME_FILES.wasm.byteLength;
    const report = (which: keyof typeof loaded) => (progress: DownloadProgress) => {
      loaded[which] = progress.loadedBytes;
      onProgress({ loadedBytes: loaded.model + loaded.wasm, totalBytes: file.byteLength + runtimeBytes });
    };
    const bytes = download(file, report("model"));
    // Who waits for it gets the error.
    bytes.catch(() => undefined);
    const places = await codecPlaces();
    for (const [i, place] of places.entries()) {
      runtimeBytes = RUNTIME_FILES[place.device].byteLength;
      try {
        const model = await openOn(place, prepare, bytes, report("wasm"));
        return { ...place, model, openMs: performance.now() - start };
      } catch (error) {
        if (i === places.length - 1) throw error;
      }
    }
    throw new Error("internal: no place for the codec");
  },

  /**
   * Encodes.
   * @param onProgress is told which part of the picture was read, 0 to 1. With an effort above 0, it is then told how far the search is
   */
  async encode(
    image: Image,
    { quality, effort }: EncodeSettings,
    onProgress: (progress: EncodeProgress) => void,
  ): Promise<EncodedPicture> {
    const start = performance.now();
    const { width, height, data, alpha } = image;
    const clock = remainingTime();
    const options: EncodeOptions = {
      quality,
      effort,
      onProgress: ({ iteration, iterations, bytes }) => {
        const part = iteration / iterations;
        onProgress({ kind: "search", part, bytes, leftMs: clock(part, performance.now()) });
      },
    };
    const encodeWith = (options: EncodeOptions) =>
      alpha === undefined
        ? current().encodeFrom(
            {
              width,
              height,
              readRows: async (top: number, rows: number) => {
                onProgress({ kind: "rows", part: top / height });
                return data.subarray(3 * width * top, 3 * width * (top + rows));
              },
            },
            options,
          )
        : current().encode(image, options);
    try {
      const { bytes, bitsPerPixel } = await encodeWith(options);
      return Comlink.transfer({ bytes, bitsPerPixel, ms: performance.now() - start }, [bytes.buffer]);
    } finally {
      release(onProgress);
    }
  },

  /** The model that a stream names; null if the page does not have it. */
  async modelOf(bytes: Uint8Array): Promise<Tune | null> {
    const named = hex(readHeader(bytes).modelIdentity);
    return TUNES.find((tune) => MODEL_FILES[tune].identity === named) ?? null;
  },

  /** Decodes. */
  async decode(bytes: Uint8Array): Promise<DecodedPicture> {
    const start = performance.now();
    const image = await current().decode(bytes);
    const ms = performance.now() - start;
    const { data, width } = rgbaFromImage(image);
    const bitmap = await createImageBitmap(new ImageData(data, width), { premultiplyAlpha: "none" });
    const quality = qualityOfField(readHeader(bytes).quality);
    const alpha = image.alpha === undefined ? [] : [image.alpha.buffer as ArrayBuffer];
    return Comlink.transfer({ image, bitmap, quality, ms }, [bitmap, image.data.buffer as ArrayBuffer, ...alpha]);
  },
};

/** The type of the worker, for the page. */
export type CodecWorker = typeof api;

Comlink.expose(api);
