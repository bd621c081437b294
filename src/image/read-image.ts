/**
 * Image files of the usual formats, read into 8-bit sRGB and written as PNG. Based on sharp (libvips).
 * Whatever the reading changes is said in a note: bit depth, colour space, orientation, transparency that is laid on a background, and what
 * is left out. How a file is read is decided in `files/inspect-image.ts`, the same for every command.
 */
import sharp from "sharp";
import { checkBytes, checkOptions } from "../arguments.ts";
import { decodeSamples } from "./files/decode-samples.ts";
import { fileOfBytes, type ImageFile, withImageFile } from "./files/image-file.ts";
import { type InspectedImage, inspectImage } from "./files/inspect-image.ts";
import { checkImage, type Image, maxImagePixels } from "./image.ts";
import { checkColour, flattenOnto, isOpaque, type RgbColour, unpackPixels, WHITE } from "./pixel-layout.ts";
import type { PngOptions, ReadImage, ReadImageOptions } from "./read-image-types.ts";

export type { PngOptions, ReadImage, ReadImageOptions } from "./read-image-types.ts";

/**
 * Reads an image file; "-" is standard input.
 *
 * @throws {HalfstepError} `cannot-read` if the file is missing, a folder or unreadable; otherwise as {@link decodeImage}.
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<ReadImage> {
  checkReading(options, "readImage");
  return withImageFile(path, async (file) => readWhole(file, await inspectImage(file), options));
}

/**
 * Decodes the bytes of an image file (JPEG, PNG, WebP, AVIF, TIFF, first frame of a GIF) to 8-bit sRGB. Applies the EXIF orientation, lays
 * transparent pixels on a background, reduces 16-bit samples to the nearest of 256 levels, repeats grey in r, g and b, and converts CMYK, embedded
 * profiles and colours given by numbers to sRGB. A note names each of these.
 *
 * @param name what error messages call the file. Default "image".
 * @throws {HalfstepError} `not-an-image` if the bytes are of another format or damaged; `unsupported-samples` and `unsupported-colours` for
 * samples without a range and colours beyond a display's; `image-too-large` for more than 65535 pixels per side or 2^28 pixels.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name = "image",
  options: ReadImageOptions = {},
): Promise<ReadImage> {
  checkBytes(bytes, "decodeImage: the file");
  checkReading(options, "decodeImage");
  const file = fileOfBytes(bytes, name);
  return readWhole(file, await inspectImage(file), options);
}

function checkReading(options: ReadImageOptions, name: string): void {
  checkOptions(options, `${name}: the options`, ["background"] satisfies (keyof ReadImageOptions)[]);
  const { background } = options;
  if (background !== undefined && background !== null) checkColour(background, `${name}: the background`);
}

/** The pixels of an inspected file, all of them in memory. @throws {HalfstepError} as {@link decodeImage} */
export async function readWhole(
  file: ImageFile,
  inspected: InspectedImage,
  { background = WHITE }: ReadImageOptions = {},
): Promise<ReadImage> {
  const { samples, layout } = inspected;
  const depth = samples.bits === 8 ? "uchar" : "ushort";
  const { result, notes } = await decodeSamples(file, inspected, (source) =>
    source.raw({ depth }).toBuffer({ resolveWithObject: true }),
  );
  const { data: raw, info } = result;
  if (info.channels !== layout.channels) {
    throw new Error(`internal: sharp returned ${info.channels} channels, expected ${layout.channels}`);
  }
  const { width, height } = info;
  const count = layout.channels * width * height;
  const aligned = samples.bits === 16 && raw.byteOffset % 2 !== 0 ? new Uint8Array(raw) : raw;
  const [buffer, offset] = [aligned.buffer as ArrayBuffer, aligned.byteOffset];
  const { data, alpha } = unpackPixels(
    samples.bits === 16 ? new Uint16Array(buffer, offset, count) : new Uint8Array(buffer, offset, count),
    layout,
  );
  if (alpha === null || isOpaque(alpha)) return { image: { width, height, data }, notes };
  if (background === null) return { image: { width, height, data, alpha }, notes };
  flattenOnto(data, alpha, background);
  return { image: { width, height, data }, notes: [...notes, flattenedNote(background)] };
}

/** The note of an image whose transparent pixels were laid on a background. */
export function flattenedNote(background: RgbColour): string {
  const isWhite = background.every((level) => level === 255);
  const hex = background.map((level) => level.toString(16).padStart(2, "0")).join("");
  return `transparent pixels were flattened onto ${isWhite ? "white" : `#${hex}`}`;
}

/**
 * An image as the bytes of a PNG file (8-bit RGB, or RGBA if it has transparency; no metadata).
 *
 * @throws {RangeError} for a malformed image, and for a compression level outside of 0..9.
 */
export async function encodePng(image: Image, options: PngOptions = {}): Promise<Uint8Array> {
  checkImage(image, "encodePng");
  checkOptions(options, "encodePng: the options", [
    "compressionLevel",
    "adaptiveFiltering",
  ] satisfies (keyof PngOptions)[]);
  const { compressionLevel = 1, adaptiveFiltering = false } = options;
  if (!Number.isInteger(compressionLevel) || compressionLevel < 0 || compressionLevel > 9) {
    throw new RangeError(`encodePng: got the compression level ${compressionLevel}, expected 0..9`);
  }
  const { width, height, data, alpha } = image;
  const plain = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: maxImagePixels });
  const source =
    alpha === undefined ? plain : plain.joinChannel(Buffer.from(alpha), { raw: { width, height, channels: 1 } });
  return source.png({ compressionLevel, adaptiveFiltering }).toBuffer();
}
