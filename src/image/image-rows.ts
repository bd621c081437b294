/**
 * Images as bands of rows, for images that should not be in memory as a whole: where an encoder takes its pixels from, and how a decoder gives
 * them. This file knows no platform; `bands/` reads and writes files.
 */
import { checkImage, type Image } from "./image.ts";

/** An image whose rows are read when they are needed. */
export interface ImageSource {
  /** Pixels per row, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /**
   * Reads the rows `top .. top + count - 1`: `3 * width * count` bytes, r, g, b of each pixel. Bands are asked for one at a time, from top to bottom.
   * They may overlap. When the next band is asked for, the array of the last one is no longer used.
   */
  readRows(top: number, count: number): Promise<Uint8Array>;
  /**
   * Only for an image with transparency: reads the alpha of the same rows, `width * count` bytes, 0 for transparent to 255 for opaque. Such an image is
   * read twice, each time from the top.
   */
  readonly readAlpha?: (top: number, count: number) => Promise<Uint8Array>;
}

/** Some rows of an image. */
export interface RowBand {
  /** The first of the rows. */
  readonly top: number;
  /** How many there are, at least 1. */
  readonly height: number;
  /** `3 * width * height` bytes, as in {@link Image}. Nobody else writes to them later. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** `width * height` bytes, as in {@link Image}. Either all bands of an image have it, or none. */
  readonly alpha?: Uint8Array<ArrayBuffer>;
}

/** An image whose rows are made when they are asked for. */
export interface ImageRows {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** All rows from top to bottom, once. */
  readonly bands: AsyncIterable<RowBand>;
}

/** Makes a source of an image in memory. Its pixels are not copied. @throws {RangeError} for a malformed image */
export function imageSource(image: Image): ImageSource {
  checkImage(image, "imageSource");
  const { width, height, data, alpha } = image;
  return {
    width,
    height,
    readRows: async (top, count) => data.subarray(3 * width * top, 3 * width * (top + count)),
    ...(alpha && {
      readAlpha: async (top: number, count: number) => alpha.subarray(width * top, width * (top + count)),
    }),
  };
}

/** Collects all rows into an image. @throws what making the rows throws */
export async function wholeImage({ width, height, bands }: ImageRows): Promise<Image> {
  let data: Uint8Array | null = null;
  let alpha: Uint8Array | null = null;
  for await (const band of bands) {
    if (band.height === height) [data, alpha] = [band.data, band.alpha ?? null];
    data ??= new Uint8Array(3 * width * height);
    if (band.data !== data) data.set(band.data, 3 * width * band.top);
    if (band.alpha === undefined) continue;
    alpha ??= new Uint8Array(width * height);
    if (band.alpha !== alpha) alpha.set(band.alpha, width * band.top);
  }
  if (data === null) throw new Error("internal: an image came without rows");
  return { width, height, data, ...(alpha && { alpha }) };
}
