/**
 * Converts between the image type and the pixels of a canvas: red, green, blue and alpha, not multiplied by alpha. Canvases in Display P3 and with
 * floating-point numbers are converted; other kinds are refused.
 */
import { checkOptions } from "../arguments.ts";
import { DISPLAY_P3_PRIMARIES, rgbSpace } from "./colour/rgb-space.ts";
import { type SrgbConverter, spaceConverter } from "./colour/srgb-converter.ts";
import { srgbCurve } from "./colour/transfer-curve.ts";
import { checkImage, type Image, isByteArray } from "./image.ts";
import { checkColour, flattenOnto, interleaveAlpha, isOpaque, type RgbColour } from "./pixel-layout.ts";

/** A `Float16Array`. The oldest supported TypeScript does not know that type. */
export interface Float16Pixels extends ArrayLike<number> {
  readonly [Symbol.toStringTag]: "Float16Array";
}

/** Pixels as a canvas has them (`ImageData`). */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  /**
   * `4 * width * height` levels: r, g, b, a of each pixel, row by row. Bytes are 0..255. Floating-point numbers are 0..1 (the `Float16Array` of an
   * `ImageData` with the pixel format "rgba-float16").
   */
  readonly data: Uint8ClampedArray | Uint8Array | Float32Array | Float16Pixels;
  /** "srgb" or "display-p3", which is converted. Default "srgb". */
  readonly colorSpace?: string;
  /** "rgba-unorm8" for bytes, or "rgba-float16". Default "rgba-unorm8". */
  readonly pixelFormat?: string;
}

/** Options of {@link imageFromRgba}. */
export interface ImageFromRgbaOptions {
  /** Lay transparent pixels on this colour (r, g and b of 0..255), instead of keeping their transparency. */
  readonly background?: RgbColour;
}

const FLOAT_TYPES = ["[object Float16Array]", "[object Float32Array]"];
/** Floating-point numbers become integers up to this one before colours are converted. */
const FLOAT_STEPS = 65535;

/**
 * Makes an image of the pixels of a canvas. The image has no alpha if every pixel is opaque.
 * @throws {RangeError} if the sizes do not agree with the data, or for a background that is not a colour
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

/** Clips to 0..1. What is not a number becomes 0. */
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
 * Makes sRGB pixels for a canvas, with the transparency of the image: `new ImageData(pixels.data, pixels.width)`.
 * @throws {RangeError} for a malformed image
 */
export function rgbaFromImage(image: Image): RgbaPixels & { readonly data: Uint8ClampedArray<ArrayBuffer> } {
  checkImage(image, "rgbaFromImage");
  const { width, height, data, alpha } = image;
  return { width, height, data: new Uint8ClampedArray(interleaveAlpha(data, alpha).buffer) };
}
