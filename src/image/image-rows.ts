/**
 * Images as bands of rows, for those who do not want to hold all of one: where an encoder takes its pixels from and how a
 * decoder gives them. Platform-free; `bands/` is the side of files.
 */
import { checkImage, type Image } from "./image.ts";

/** An image whose rows are read when they are needed. */
export interface ImageSource {
  /** Pixels per row, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /**
   * Rows `top .. top + count - 1`: `3 * width * count` bytes, r, g, b of each pixel. Bands are asked for one at a time and from
   * top to bottom, but may overlap. What was given is no longer looked at when the next band is asked for.
   */
  readRows(top: number, count: number): Promise<Uint8Array>;
  /**
   * There if the image has transparency: alpha of the same rows, `width * count` bytes, 0 for transparent to 255 for opaque. Such an image
   * is read twice, each time from the top.
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
  /** `width * height` bytes, as in {@link Image}; there in all bands of an image, or in none. */
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

/** An image at hand as a source; its pixels are not copied. @throws {RangeError} for a malformed image */
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

/** All rows as an image. @throws what making the rows throws */
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
