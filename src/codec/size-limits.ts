/**
 * Which sizes of images a codec takes: those that a stream can name, and for which its user has memory.
 *
 * Pixels and latents are in memory band by band. But the entropy networks see a tile as a whole. Those of
 * halfstep-1 took 186 bytes for each pixel of it (8.4 megapixels, not tiled). A stream must not choose how much memory that is.
 */
import { HalfstepError } from "../errors.ts";
import { PIXEL_LIMIT, SIDE_LIMIT } from "./container/stream-header.ts";

/** Limits that the user of a codec may set. */
export interface SizeLimits {
  /** Largest width * height that is accepted, for encoding and decoding. Default 2^27 (134 megapixels). */
  readonly maxPixels?: number;
  /**
   * Largest number of pixels of a tile, or of an image that is not tiled, for encoding and decoding. Default 2^22. Streams that are written with
   * the default settings have 2^20 at most.
   */
  readonly maxTilePixels?: number;
}

/** Default of {@link SizeLimits.maxPixels}. */
const DEFAULT_MAX_PIXELS: number = 2 ** 27;
const DEFAULT_MAX_TILE_PIXELS = 2 ** 22;

/** A coded image: its size in pixels, and the side of its tiles, 0 for none. */
export interface CodedSize {
  readonly width: number;
  readonly height: number;
  readonly tileSize: number;
}

function tooLarge(what: string, got: string, expected: string): HalfstepError {
  return new HalfstepError("image-too-large", `${what}: got ${got}, expected ${expected}`);
}

/** @throws {HalfstepError} `image-too-large` for more than the limits of the codec's user */
function checkLimits(what: string, { width, height, tileSize }: CodedSize, limits: SizeLimits, advice: string): void {
  const { maxPixels = DEFAULT_MAX_PIXELS, maxTilePixels = DEFAULT_MAX_TILE_PIXELS } = limits;
  if (width * height > maxPixels) {
    throw tooLarge(
      what,
      `${width} x ${height} = ${width * height} pixels`,
      `at most ${maxPixels}; ${advice} raise the codec's maxPixels if there is memory for it`,
    );
  }
  const tilePixels = tileSize === 0 ? width * height : Math.min(width, tileSize) * Math.min(height, tileSize);
  if (tilePixels <= maxTilePixels) return;
  throw tooLarge(
    what,
    `${tilePixels} pixels that are coded at once (${tileSize === 0 ? "no tiles" : `tiles of ${tileSize}`})`,
    `at most ${maxTilePixels}; from a program, raise the codec's maxTilePixels if there is memory for it, some 200 bytes a pixel`,
  );
}

/**
 * Checks the size of an image before anything is computed.
 * @throws {RangeError} for sizes that are not whole or not positive
 * @throws {HalfstepError} `image-too-large` for what no stream can name, or more than the limits
 */
export function checkEncodeSize(size: CodedSize, limits: SizeLimits): void {
  const { width, height } = size;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`encode: got an image of ${width} x ${height} pixels, expected whole sizes of at least 1`);
  }
  if (width > SIDE_LIMIT || height > SIDE_LIMIT || width * height > PIXEL_LIMIT) {
    throw tooLarge(
      "encode",
      `${width} x ${height} pixels`,
      `at most ${SIDE_LIMIT} per side and ${PIXEL_LIMIT} in all, which is what a stream can name; cut the image into parts`,
    );
  }
  checkLimits("encode", size, limits, "scale the image down, or, from a program,");
}

/** Checks what a stream says before its symbols are decoded. @throws {HalfstepError} `image-too-large` */
export function checkDecodeSize(size: CodedSize, limits: SizeLimits): void {
  checkLimits("decode", size, limits, "from a program,");
}
