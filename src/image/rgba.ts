/**
 * Between the image type and the pixels of a canvas: red, green, blue and alpha, not multiplied by alpha. A canvas may be of another colour space or
 * hold floating-point numbers: those are converted, and what is neither is refused.
 */
import { checkOptions } from "../arguments.ts";
import { DISPLAY_P3_PRIMARIES, rgbSpace } from "./colour/rgb-space.ts";
import { type SrgbConverter, spaceConverter } from "./colour/srgb-converter.ts";
import { srgbCurve } from "./colour/transfer-curve.ts";
import { checkImage, type Image, isByteArray } from "./image.ts";
import { checkColour, flattenOnto, interleaveAlpha, isOpaque, type RgbColour } from "./pixel-layout.ts";

/** A `Float16Array`, which the oldest TypeScript does not know. */
export interface Float16Pixels extends ArrayLike<number> {
  readonly [Symbol.toStringTag]: "Float16Array";
}

/** What a canvas calls `ImageData`. */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  /**
   * `4 * width * height` levels: r, g, b, a of each pixel, row by row. Bytes are 0..255; floating-point numbers (`Float16Array` of an
   * `ImageData` with the pixel format "rgba-float16") 0..1.
   */
  readonly data: Uint8ClampedArray | Uint8Array | Float32Array | Float16Pixels;
  /** "srgb", the default, or "display-p3", which is converted. */
  readonly colorSpace?: string;
  /** "rgba-unorm8" for bytes, the default, or "rgba-float16". */
  readonly pixelFormat?: string;
}

/** How {@link imageFromRgba} takes pixels. */
export interface ImageFromRgbaOptions {
  /** Lay transparent pixels on this colour, r, g and b of 0..255, in place of keeping their transparency. */
  readonly background?: RgbColour;
}

const FLOAT_TYPES = ["[object Float16Array]", "[object Float32Array]"];
/** The largest sample that floating-point numbers become before colours are converted. */
const FLOAT_STEPS = 65535;

/**
 * An image of the pixels of a canvas. Its alpha is left out if every pixel is opaque.
 * @throws {RangeError} if the sizes do not agree with the data, or for a background that is no colour
 * @throws {TypeError} for a colour space other than sRGB and Display P3, for a pixel format other than the two above, and for data that
 *   do not fit it
 */
export function imageFromRgba(pixels: RgbaPixels, options: ImageFromRgbaOptions = {}): Image {
  checkOptions(options, "imageFromRgba: the options", ["background"]);
  const { background } = options;
  const { width, height, data: rgba } = pixels;
  const isFloat = checkedAsFloat(pixels);
  const converter = converterOf(pixels.colorSpace, isFloat);
  if (rgba.length !== 4 * width * height) {
    throw new RangeError(
      `imageFromRgba: got ${rgba.length} levels for ${width} x ${height} pixels, expected 4 a pixel = ${4 * width * height}`,
    );
  }
  const data = new Uint8Array(3 * width * height);
  const alpha = new Uint8Array(width * height);
  const most = isFloat ? FLOAT_STEPS : 255;
  const sample = isFloat ? (value: number): number => Math.round(FLOAT_STEPS * unit(value)) : (value: number) => value;
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    alpha[pixel] = isFloat ? Math.round(255 * unit(rgba[4 * pixel + 3]!)) : rgba[4 * pixel + 3]!;
  }
  const samples =
    isFloat || converter !== null ? Uint16Array.from({ length: rgba.length }, (_, i) => sample(rgba[i]!)) : null;
  if (samples !== null && converter !== null) converter.convert(samples, 4, data);
  else {
    for (let from = 0, to = 0; to < data.length; from += 4) {
      for (let channel = 0; channel < 3; channel++, to++)
        data[to] = Math.round((255 * sample(rgba[from + channel]!)) / most);
    }
  }
  if (background !== undefined) {
    checkColour(background, "imageFromRgba: the background");
    flattenOnto(data, alpha, background);
  }
  const opaque = background !== undefined || isOpaque(alpha);
  const image = opaque ? { width, height, data } : { width, height, data, alpha };
  checkImage(image, "imageFromRgba");
  return image;
}

/** Clipped to 0..1; what is not a number becomes 0. */
function unit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

function checkedAsFloat({ data, pixelFormat = "rgba-unorm8" }: RgbaPixels): boolean {
  const type = Object.prototype.toString.call(data);
  const isFloat = pixelFormat === "rgba-float16";
  if (!isFloat && pixelFormat !== "rgba-unorm8") {
    throw new TypeError(
      `imageFromRgba: got the pixel format "${pixelFormat}", expected "rgba-unorm8" or "rgba-float16"`,
    );
  }
  if (isFloat ? FLOAT_TYPES.includes(type) : isByteArray(data)) return isFloat;
  throw new TypeError(
    `imageFromRgba: got data of the type ${type.slice(8, -1)} for the pixel format "${pixelFormat}", expected ${isFloat ? "a Float16Array" : "a Uint8ClampedArray or Uint8Array"}`,
  );
}

function converterOf(colorSpace = "srgb", isFloat = false): SrgbConverter | null {
  if (colorSpace === "srgb") return null;
  if (colorSpace === "display-p3") {
    return spaceConverter(rgbSpace(DISPLAY_P3_PRIMARIES, srgbCurve), isFloat ? FLOAT_STEPS : 255);
  }
  throw new TypeError(
    `imageFromRgba: got the colour space "${colorSpace}", expected "srgb" or "display-p3"; ask the canvas for sRGB pixels`,
  );
}

/**
 * sRGB pixels for a canvas, with the transparency of the image: `new ImageData(pixels.data, pixels.width)`.
 * @throws {RangeError} for a malformed image
 */
export function rgbaFromImage(image: Image): RgbaPixels & { readonly data: Uint8ClampedArray<ArrayBuffer> } {
  checkImage(image, "rgbaFromImage");
  const { width, height, data, alpha } = image;
  return { width, height, data: new Uint8ClampedArray(interleaveAlpha(data, alpha).buffer) };
}
