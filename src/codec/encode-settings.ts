/**
 * What an encoder is asked for, checked before there are pixels. It knows of a model only what the model says about itself, so that a page can check
 * what it asks of a codec in a worker.
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
  /** Compute `estimatedBits` too, which takes longer. False by default. */
  readonly estimate?: boolean;
  /**
   * For a model of variable rate: 0, the smallest file, to 100, the best picture, in steps of 0.1. Default 50. A model of fixed rate
   * takes none.
   */
  readonly quality?: number;
  /**
   * What the squared error of one quantization step is worth, in bits: of the two integers around a latent, the encoder takes the one for
   * which bits and error are less together. Above 0; Infinity takes the nearest, as training does. Decoders need not know. Default 40;
   * models without a hyper-latent always take the nearest.
   */
  readonly bitsPerSquaredStep?: number;
  /**
   * How long to look for a better stream of this image, which decoders need not know of: 0, not at all, to 9. Each step takes nearly twice as
   * long as the one before. No effort gives a greater loss (bits + lambda * squared error) than 0 does, and on the same machine none a greater one than
   * a lower effort, but for images in tiles. The source is read again for each step. Default 0; models without a hyper-latent, and those trained for
   * MS-SSIM, take no other.
   */
  readonly effort?: number;
  /** Ends the search of an `effort` above 0: an `AbortSignal`. */
  readonly signal?: HeardSignal;
  /** Is told how far an `effort` above 0 is, before each iteration. */
  readonly onProgress?: (progress: EffortProgress) => void;
}

/** The greatest `effort`. */
const GREATEST_EFFORT = 9;

/** How far the search of an `effort` is. */
export interface EffortProgress {
  /** Iterations that are done. */
  readonly iteration: number;
  /** Iterations in all: those of every tile of the image. */
  readonly iterations: number;
  /** Bytes of the coded latents as they are now; null while not all tiles were coded once. */
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

/** Side of a tile in pixels where none is chosen. */
const DEFAULT_TILE_SIDE = 512;

/** Options of `createImageCodec`. */
export interface ImageCodecOptions extends SizeLimits {
  /** Images of more pixels than this are computed and coded in tiles. Default 2^20. */
  readonly tileAbovePixels?: number;
  /** Side of a tile in pixels, a multiple of 64. Default 512: larger ones cost memory, smaller ones time. */
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

/** Side of the tiles of an image; 0 for the whole image at once. Decoding may use others than the stream's. */
export function tileSideFor(pixels: number, options: ImageCodecOptions): number {
  const { tileAbovePixels = 2 ** 20, tileSide = DEFAULT_TILE_SIDE } = options;
  return pixels > tileAbovePixels ? tileSide : 0;
}

/** What is needed of a model; `lambdaRange` is null or absent for one of fixed rate. */
export interface RateOfModel {
  readonly name: string;
  readonly lambdaRange?: readonly [number, number] | null | undefined;
}

/** What stands in the header for a quality that was asked for. @throws {UsageError} `bad-quality`, `fixed-rate-model` */
function fieldOf({ name, lambdaRange }: RateOfModel, quality: number | undefined): number {
  if (lambdaRange != null) return qualityField(quality ?? DEFAULT_QUALITY);
  if (quality === undefined) return 0;
  throw new UsageError(
    "fixed-rate-model",
    `quality: got ${quality} for the model "${name}", which has one rate only; leave the quality out, or take a model of variable rate`,
  );
}

/** What an image is coded with. */
export interface EncodeSettings {
  readonly estimate: boolean;
  readonly bitsPerSquaredStep: number;
  readonly effort: number;
  /** Side of the tiles in pixels, 0 for none. */
  readonly tileSize: number;
  /** What stands for the quality in the stream. */
  readonly field: number;
}

/**
 * What an image of a size is coded with.
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
