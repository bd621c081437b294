/** Between the image type and the pixels of a canvas: red, green, blue and alpha, 8 bits each, not premultiplied. */
import { checkImage, type Image } from "./image.ts";

/** What a canvas calls `ImageData`. */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  /** `4 * width * height` levels: r, g, b, a of each pixel, row by row. */
  readonly data: Uint8ClampedArray | Uint8Array;
}

/**
 * An image without alpha: transparent pixels are flattened onto white, as when a file is read.
 * @throws {RangeError} if the sizes do not agree with the data
 */
export function imageFromRgba({ width, height, data: rgba }: RgbaPixels): Image {
  if (rgba.length !== 4 * width * height) {
    throw new RangeError(
      `imageFromRgba: got ${rgba.length} levels for ${width} x ${height} pixels, expected 4 a pixel = ${4 * width * height}`,
    );
  }
  const data = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < data.length; from += 4) {
    const alpha = rgba[from + 3]!;
    for (let channel = 0; channel < 3; channel++, to++) {
      data[to] = Math.round((rgba[from + channel]! * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  const image = { width, height, data };
  checkImage(image, "imageFromRgba");
  return image;
}

/**
 * Opaque pixels for a canvas: `new ImageData(pixels.data, pixels.width)`.
 * @throws {RangeError} for a malformed image
 */
export function rgbaFromImage(image: Image): RgbaPixels & { readonly data: Uint8ClampedArray<ArrayBuffer> } {
  checkImage(image, "rgbaFromImage");
  const { width, height, data } = image;
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!;
    rgba[to + 1] = data[from + 1]!;
    rgba[to + 2] = data[from + 2]!;
  }
  return { width, height, data: rgba };
}
