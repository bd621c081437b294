/**
 * Image to stream and back, for a model whose graphs are open. Platform-free: `load-codec.ts` of the models room opens the
 * graphs on Node.
 *
 * It works on whole images: memory grows with the number of pixels, which `maxPixels` bounds.
 */
import { BitstreamError, HalfstepError } from "../errors.ts";
import { checkImage, type Image } from "../image/image.ts";
import { fromPlanar, paddedSize, toPlanar } from "../image/planar.ts";
import { createNetwork } from "../networks/create-network.ts";
import { readStream, writeStream } from "./container/stream.ts";
import { MODEL_IDENTITY_BYTES } from "./container/stream-header.ts";
import type { NetworkRunner } from "./graphs.ts";
import { factorizedCoder } from "./latents/factorized-coder.ts";
import type { LatentCoder } from "./latents/latent-coder.ts";
import { meanScaleCoder } from "./latents/mean-scale-coder.ts";
import type { Model } from "./model/model.ts";

/** What {@link ImageCodec.encode} gives. */
export interface EncodeResult {
  /** The whole stream, as a `.hst` file holds it. */
  readonly bytes: Uint8Array;
  /** Length of the stream in bits, header and checksum included, divided by width * height. */
  readonly bitsPerPixel: number;
  /** What the trained densities say the latents cost, in bits, as training counts it; null unless `estimate` was set. */
  readonly estimatedBits: number | null;
}

/** Options of {@link ImageCodec.encode}. */
export interface EncodeOptions {
  /** Compute `estimatedBits` too, which takes tens of milliseconds. False by default. */
  readonly estimate?: boolean;
}

/** Encodes and decodes images with one model. */
export interface ImageCodec {
  /**
   * Compresses an image.
   * @throws {RangeError} for a malformed image
   * @throws {HalfstepError} `image-too-large` above the codec's pixel limit
   */
  encode(image: Image, options?: EncodeOptions): Promise<EncodeResult>;
  /**
   * Decompresses a stream.
   * @throws {BitstreamError} with a stable code for bytes that are not a stream, a damaged one, or one of another
   *   model (`model-mismatch`)
   * @throws {HalfstepError} `image-too-large` above the codec's pixel limit
   */
  decode(bytes: Uint8Array): Promise<Image>;
  /** Releases the graphs. The codec is of no use afterwards. */
  close(): Promise<void>;
}

/** Options of {@link createImageCodec}. */
export interface ImageCodecOptions {
  /** Largest width * height that is accepted, in either direction. Default 2^24: memory grows with the image. */
  readonly maxPixels?: number;
}

/** Default of {@link ImageCodecOptions.maxPixels}. */
export const DEFAULT_MAX_PIXELS: number = 2 ** 24;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function modelMismatch(wanted: Uint8Array, model: Model, identity: Uint8Array): BitstreamError {
  return new BitstreamError(
    "model-mismatch",
    `stream: it needs the model with identity ${hex(wanted)}, got ${hex(identity)} ("${model.name}"); decode it with the model that made it`,
  );
}

function latentCoder(model: Model, runner: NetworkRunner): LatentCoder {
  const network = createNetwork(model.network);
  if (network.coding === "factorized" && model.tables.coding === "factorized") {
    return factorizedCoder(model, model.tables, network, runner);
  }
  if (network.coding === "mean-scale" && model.tables.coding === "mean-scale") {
    return meanScaleCoder(model, model.tables, network, runner);
  }
  throw new Error("internal: the tables of a model are not of its network's kind");
}

/**
 * Makes a codec.
 *
 * @param identity `[32]`: the SHA-256 of the model file, of which streams name the first 8 bytes.
 * @param runner the model's graphs; closed with the codec.
 */
export function createImageCodec(
  model: Model,
  identity: Uint8Array,
  runner: NetworkRunner,
  options: ImageCodecOptions = {},
): ImageCodec {
  const { maxPixels = DEFAULT_MAX_PIXELS } = options;
  const modelIdentity = identity.slice(0, MODEL_IDENTITY_BYTES);
  const coder = latentCoder(model, runner);
  const { downscale } = createNetwork(model.network);
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new TypeError("codec: got a call after close(); load the codec again");
  };
  const checkSize = (what: string, width: number, height: number): void => {
    if (width * height <= maxPixels) return;
    throw new HalfstepError(
      "image-too-large",
      `${what}: got ${width} x ${height} = ${width * height} pixels, expected at most ${maxPixels}; scale the image down, or raise the codec's maxPixels if there is memory for it`,
    );
  };

  return {
    async encode(image, { estimate = false } = {}) {
      checkOpen();
      checkImage(image, "encode");
      const { width, height } = image;
      checkSize("encode", width, height);
      const padWidth = paddedSize(width, downscale);
      const padHeight = paddedSize(height, downscale);
      const planar = toPlanar(image, { padWidth, padHeight });
      const { payload, estimatedBits } = await coder.encode(
        { data: planar, shape: [1, 3, padHeight, padWidth] },
        { estimate },
      );
      const bytes = writeStream({ modelIdentity, width, height, sections: [payload] });
      return { bytes, bitsPerPixel: (8 * bytes.length) / (width * height), estimatedBits };
    },
    async decode(bytes) {
      checkOpen();
      const { header, sections } = readStream(bytes);
      const { width, height } = header;
      if (hex(header.modelIdentity) !== hex(modelIdentity)) {
        throw modelMismatch(header.modelIdentity, model, modelIdentity);
      }
      checkSize("decode", width, height);
      const padWidth = paddedSize(width, downscale);
      const padHeight = paddedSize(height, downscale);
      const yHat = await coder.decode(sections[0] as Uint8Array, padHeight, padWidth);
      const planar = await runner.synthesis(yHat);
      return fromPlanar(planar.data, padWidth, padHeight, width, height);
    },
    async close() {
      closed = true;
      await runner.close();
    },
  };
}
