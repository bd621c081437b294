/**
 * The settings of an encoder, checked before there are pixels. The checks need only the description of a model, so a page can make them for a codec
 * in a worker.
 */
import { checkOptions } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import type { HeardSignal } from "../stop-signal.ts";
import { TILE_SIZE_LIMIT, TILE_SIZE_UNIT } from "./container/stream-header.ts";
import { BITS_PER_SQUARED_STEP } from "./latents/economical-rounding.ts";
import { DEFAULT_QUALITY, qualityField } from "./quality-setting.ts";
import { checkEncodeSize, type SizeLimits } from "./size-limits.ts";

/** Options of `ImageCodec.encode`. */
export interface EncodeOptions {
  /** Also compute `estimatedBits`, which takes longer. False by default. */
  readonly estimate?: boolean;
  /**
   * For a model of variable rate: 0, the smallest file, to 100, the best picture, in steps of 0.1. Default 50. A model of fixed rate takes no
   * quality.
   */
  readonly quality?: number;
  /**
   * The price, in bits, of the squared error of one quantization step. Of the two integers around a latent, the encoder takes the one for which bits +
   * price * error is smaller. Above 0; Infinity takes the nearest integer, as training does. Decoders do not need to know it. Default 40. Models
   * without a hyper-latent always take the nearest integer.
   */
  readonly bitsPerSquaredStep?: number;
  /**
   * How long to look for a better stream of this image: 0, not at all, to 9. Each step takes nearly twice as long as the one before. Decoders do not
   * need to know it. No effort ends with a greater loss (bits + 1.4 lambda * distortion, both as the model was trained with them) than 0, except for
   * MS-SSIM of images in tiles: it is lowered tile by tile. On the same machine, no effort ends with a greater loss than a lower effort, except for images in tiles. Where
   * the pixels that a tile changes are under 161 on a side, the squared error takes the place of MS-SSIM. The source is read once more. Default 0.
   * Models without a hyper-latent take no other.
   */
  readonly effort?: number;
  /** An `AbortSignal` that ends the search of an `effort` above 0. */
  readonly signal?: HeardSignal;
  /** Called before each iteration of an `effort` above 0 with how far it is. */
  readonly onProgress?: (progress: EffortProgress) => void;
}

/** The highest `effort`. */
const GREATEST_EFFORT = 9;

/** How far the search of an `effort` is. */
export interface EffortProgress {
  /** Finished iterations. */
  readonly iteration: number;
  /** All iterations, of every tile of the image. */
  readonly iterations: number;
  /** Bytes of the coded latents so far; null until every tile was coded once. */
  readonly bytes: number | null;
}

/** Names of all {@link EncodeOptions}. */
const ENCODE_OPTIONS: readonly (keyof EncodeOptions)[] = [
  "estimate",
  "quality",
  "bitsPerSquaredStep",
  "effort",
  "signal",
  "onProgress",
];

/** Default side of a tile in pixels. */
const DEFAULT_TILE_SIDE = 512;

/** Options of `createImageCodec`. */
export interface ImageCodecOptions extends SizeLimits {
  /** Images of more pixels than this are coded in tiles. Default 2^20. */
  readonly tileAbovePixels?: number;
  /** Side of a tile in pixels, a multiple of 64. Default 512. Larger tiles cost memory, smaller ones time. */
  readonly tileSide?: number;
}

/** Names of all {@link ImageCodecOptions}. */
export const IMAGE_CODEC_OPTIONS: readonly (keyof ImageCodecOptions)[] = [
  "maxPixels",
  "maxTilePixels",
  "tileAbovePixels",
  "tileSide",
];

/** @throws {RangeError} for a `tileSide` that no stream can name */
export function checkTileSide({ tileSide = DEFAULT_TILE_SIDE }: ImageCodecOptions): void {
  if (Number.isInteger(tileSide / TILE_SIZE_UNIT) && tileSide >= TILE_SIZE_UNIT && tileSide <= TILE_SIZE_LIMIT) return;
  throw new RangeError(`createImageCodec: got tiles of ${tileSide}, expected a multiple of ${TILE_SIZE_UNIT}`);
}

/** Side of the tiles of an image; 0 for the whole image at once. Decoding may use other tiles than the stream has. */
export function tileSideFor(pixels: number, options: ImageCodecOptions): number {
  const { tileAbovePixels = 2 ** 20, tileSide = DEFAULT_TILE_SIDE } = options;
  return pixels > tileAbovePixels ? tileSide : 0;
}

/** The part of a model that is used here. `lambdaRange` is null or absent for a model of fixed rate. */
export interface RateOfModel {
  readonly name: string;
  readonly lambdaRange?: readonly [number, number] | null | undefined;
}

/** The number in the header for a quality. @throws {UsageError} `bad-quality`, `fixed-rate-model` */
function fieldOf({ name, lambdaRange }: RateOfModel, quality: number | undefined): number {
  if (lambdaRange != null) return qualityField(quality ?? DEFAULT_QUALITY);
  if (quality === undefined) return 0;
  throw new UsageError(
    "fixed-rate-model",
    `quality: got ${quality} for the model "${name}", which has one rate only; leave the quality out, or take a model of variable rate`,
  );
}

/** The checked settings that an image is coded with. */
export interface EncodeSettings {
  readonly estimate: boolean;
  readonly bitsPerSquaredStep: number;
  readonly effort: number;
  /** Side of the tiles in pixels, 0 for none. */
  readonly tileSize: number;
  /** The number that stands for the quality in the stream. */
  readonly field: number;
}

/**
 * Checks the settings for an image of a size.
 * @throws as `ImageCodec.encodeFrom` for options and sizes that it refuses
 */
export function encodeSettings(
  model: RateOfModel,
  { width, height }: { readonly width: number; readonly height: number },
  settings: EncodeOptions,
  options: ImageCodecOptions,
): EncodeSettings {
  checkOptions(settings, "encode: the options", ENCODE_OPTIONS);
  const { estimate = false, bitsPerSquaredStep = BITS_PER_SQUARED_STEP, effort = 0 } = settings;
  if (!(bitsPerSquaredStep > 0)) {
    throw new RangeError(`encode: got ${bitsPerSquaredStep} bits per squared step, expected a number above 0`);
  }
  if (!Number.isInteger(effort) || effort < 0 || effort > GREATEST_EFFORT) {
    throw new UsageError("bad-effort", `effort: got ${effort}, expected a whole number from 0 to ${GREATEST_EFFORT}`);
  }
  const tileSize = tileSideFor(width * height, options);
  checkEncodeSize({ width, height, tileSize }, options);
  return { estimate, bitsPerSquaredStep, effort, tileSize, field: fieldOf(model, settings.quality) };
}
