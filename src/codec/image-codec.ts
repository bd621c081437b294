/**
 * Image to stream and back, for a model whose graphs are open. Platform-free: `load-codec.ts` of the models room opens the
 * graphs on Node.
 *
 * Large images go through the transforms in tiles with halos (`tiling/windows.ts`): what grows with the image is the image itself
 * and its latent, 6 bytes a pixel with M = 192, and `maxPixels` bounds that.
 */
import { BitstreamError, HalfstepError } from "../errors.ts";
import { hex } from "../hex.ts";
import { checkImage, type Image } from "../image/image.ts";
import { drawPlanar, paddedSize, toPlanar } from "../image/planar.ts";
import { createNetwork } from "../networks/create-network.ts";
import { readStream, writeStream } from "./container/stream.ts";
import { MODEL_IDENTITY_BYTES, TILE_SIZE_LIMIT, TILE_SIZE_UNIT } from "./container/stream-header.ts";
import type { NetworkRunner } from "./graphs.ts";
import { factorizedCoder } from "./latents/factorized-coder.ts";
import { hyperpriorCoder } from "./latents/hyperprior-coder.ts";
import type { LatentCoder } from "./latents/latent-coder.ts";
import type { Model } from "./model/model.ts";
import { FeatureMap } from "./tiling/feature-map.ts";
import { coarser, finer, tilesOf, windowOf, within } from "./tiling/windows.ts";

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
  /** Compute `estimatedBits` too, which takes longer. False by default. */
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
  /** Largest width * height that is accepted, in either direction. Default 2^27 (134 megapixels). */
  readonly maxPixels?: number;
  /** Images of more pixels than this are computed and coded in tiles. Default 2^20. */
  readonly tileAbovePixels?: number;
  /** Side of a tile in pixels, a multiple of 64. Default 512: larger ones cost memory, smaller ones time. */
  readonly tileSide?: number;
}

/** Default of {@link ImageCodecOptions.maxPixels}. */
export const DEFAULT_MAX_PIXELS: number = 2 ** 27;

function modelMismatch(wanted: Uint8Array, model: Model, identity: Uint8Array): BitstreamError {
  return new BitstreamError(
    "model-mismatch",
    `stream: it needs the model with identity ${hex(wanted)}, got ${hex(identity)} ("${model.name}"); decode it with the model that made it`,
  );
}

function latentCoder(model: Model, runner: NetworkRunner): LatentCoder {
  const network = createNetwork(model.network);
  if (network.coding === "factorized" && model.tables.coding === "factorized") {
    return factorizedCoder(model, model.tables, network);
  }
  if (network.coding === "hyperprior" && model.tables.coding === "hyperprior") {
    return hyperpriorCoder(model, model.tables, network, runner);
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
  const { maxPixels = DEFAULT_MAX_PIXELS, tileAbovePixels = 2 ** 20, tileSide = 512 } = options;
  if (!Number.isInteger(tileSide / TILE_SIZE_UNIT) || tileSide < TILE_SIZE_UNIT || tileSide > TILE_SIZE_LIMIT) {
    throw new RangeError(`createImageCodec: got tiles of ${tileSide}, expected a multiple of ${TILE_SIZE_UNIT}`);
  }
  const modelIdentity = identity.slice(0, MODEL_IDENTITY_BYTES);
  const coder = latentCoder(model, runner);
  const network = createNetwork(model.network);
  const { downscale } = network;
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new TypeError("codec: got a call after close(); load the codec again");
  };
  const checkSize = (what: string, width: number, height: number): void => {
    if (width * height <= maxPixels) return;
    throw new HalfstepError(
      "image-too-large",
      `${what}: got ${width} x ${height} = ${width * height} pixels, expected at most ${maxPixels}; scale the image down, or, from a program, raise the codec's maxPixels if there is memory for it`,
    );
  };

  /** Side of the tiles of an image; 0 for the whole image at once. Decoding may use others than the stream's. */
  const tileSideFor = (pixels: number): number => (pixels > tileAbovePixels ? tileSide : 0);

  /** y of the whole padded image. */
  const analyse = async (image: Image): Promise<FeatureMap> => {
    const padded = { height: paddedSize(image.height, downscale), width: paddedSize(image.width, downscale) };
    const y = new FeatureMap(model.network.M, padded.height / 16, padded.width / 16);
    for (const tile of tilesOf(padded.height, padded.width, tileSideFor(image.width * image.height))) {
      const window = windowOf(tile, network.halos.analysis, padded, 16);
      const planar = { data: toPlanar(image, window), shape: [1, 3, window.height, window.width] };
      y.write(coarser(tile, 16), await runner.analysis(planar), coarser(within(tile, window), 16));
    }
    return y;
  };

  const synthesise = async (yHat: FeatureMap, width: number, height: number): Promise<Image> => {
    const image: Image = { width, height, data: new Uint8Array(3 * width * height) };
    for (const tile of tilesOf(yHat.height, yHat.width, tileSideFor(width * height) / 16)) {
      const window = windowOf(tile, network.halos.synthesis, yHat);
      const { data } = await runner.synthesis(yHat.read(window));
      const from = finer(within(tile, window), 16);
      const source = { data, height: 16 * window.height, width: 16 * window.width, top: from.top, left: from.left };
      drawPlanar(source, image, finer(tile, 16));
    }
    return image;
  };

  return {
    async encode(image, { estimate = false } = {}) {
      checkOpen();
      checkImage(image, "encode");
      const { width, height } = image;
      checkSize("encode", width, height);
      const y = await analyse(image);
      const tileSize = tileSideFor(width * height);
      const { sections, estimatedBits } = await coder.encode(y, { tileSize, estimate });
      const bytes = writeStream({ modelIdentity, width, height, tileSize, sections });
      return { bytes, bitsPerPixel: (8 * bytes.length) / (width * height), estimatedBits };
    },
    async decode(bytes) {
      checkOpen();
      const { header, sections } = readStream(bytes);
      const { width, height, tileSize } = header;
      if (hex(header.modelIdentity) !== hex(modelIdentity)) {
        throw modelMismatch(header.modelIdentity, model, modelIdentity);
      }
      checkSize("decode", width, height);
      const [yHeight, yWidth] = [paddedSize(height, downscale) / 16, paddedSize(width, downscale) / 16];
      return synthesise(await coder.decode(sections, yHeight, yWidth, { tileSize }), width, height);
    },
    async close() {
      closed = true;
      await runner.close();
    },
  };
}
