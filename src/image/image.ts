/**
 * The one image type of the project: 8-bit RGB, interleaved, rows from top to bottom, and transparency if there is any. `read-image.ts` and `rgba.ts`
 * convert other bit depths and colour spaces. Nothing behind them knows of these.
 */
export interface Image {
  /** Pixels per row, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** `3 * width * height` bytes: r, g, b of each pixel, row by row. sRGB levels 0..255. */
  readonly data: Uint8Array;
  /**
   * `width * height` bytes, row by row: 0 for a transparent pixel to 255 for an opaque one. Colours are not multiplied by it. Left out if every
   * pixel is opaque.
   */
  readonly alpha?: Uint8Array;
}

/** Largest width and largest height in pixels. */
export const maxImageSide: number = 65535;

/** Largest number of pixels of one image: 2^28, which is 768 MiB of samples. */
export const maxImagePixels: number = 2 ** 28;

/** The two types of arrays with 8-bit levels; a canvas has the clamped one. */
const BYTE_ARRAYS = ["[object Uint8Array]", "[object Uint8ClampedArray]"];

/** Whether a value is an array of bytes, also if it comes from another frame or worker. */
export function isByteArray(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return BYTE_ARRAYS.includes(Object.prototype.toString.call(value));
}

/**
 * Checks that the sizes of an image are whole, positive and agree with its data.
 *
 * @throws {RangeError} if they do not; `where` opens the message.
 * @throws {TypeError} if its data is not an array of bytes
 */
export function checkImage(image: Image, where: string): void {
  const { width, height, data, alpha } = image;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`${where}: got an image of ${width} x ${height} pixels, expected whole sizes of at least 1`);
  }
  if (!isByteArray(data)) {
    throw new TypeError(`${where}: got pixels that are not bytes, expected a Uint8Array of r, g, b, r, g, b, ...`);
  }
  if (data.length !== 3 * width * height) {
    throw new RangeError(
      `${where}: got ${data.length} bytes for ${width} x ${height} pixels, expected 3 bytes a pixel = ${3 * width * height}`,
    );
  }
  if (alpha === undefined) return;
  if (!isByteArray(alpha)) {
    throw new TypeError(`${where}: got an alpha plane that is not bytes, expected a Uint8Array of one byte a pixel`);
  }
  if (alpha.length !== width * height) {
    throw new RangeError(
      `${where}: got ${alpha.length} bytes of alpha for ${width} x ${height} pixels, expected 1 byte a pixel = ${width * height}`,
    );
  }
}

/**
 * Checks that two images can be compared pixel by pixel.
 *
 * @throws {RangeError} if either is malformed or their sizes differ; `where` opens the message.
 */
export function checkSameSize(a: Image, b: Image, where: string): void {
  checkImage(a, where);
  checkImage(b, where);
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(
      `${where}: got images of ${a.width} x ${a.height} and ${b.width} x ${b.height} pixels, expected equal sizes`,
    );
  }
}
