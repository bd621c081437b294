/**
 * Image files of the usual formats, read into 8-bit sRGB RGB and written as PNG. Based on sharp (libvips).
 * Whatever the reading changes is said in a note: alpha, bit depth, colour space, orientation, further frames.
 * Refuses what is not a photograph-like raster (SVG, PDF), what is damaged, and what is larger than the limits.
 */
import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { HalfstepError } from "../errors.ts";
import { checkImage, type Image, maxImagePixels, maxImageSide } from "./image.ts";
import { isSrgbProfile, profileName } from "./profile-name.ts";

/** A file as pixels, and in words what reading it changed. */
export interface ReadImage {
  readonly image: Image;
  /** One sentence for each change that was made on the way to 8-bit sRGB RGB; empty if there was none. */
  readonly notes: readonly string[];
}

/** How {@link encodePng} writes. */
export interface PngOptions {
  /**
   * zlib level 0..9. Default 1. Best of four on 768 x 512 (kodim01, kodim20), no row filter, AMD EPYC, one core:
   * level 0 1-2 ms and 1182 kB, level 1 5-8 ms and 730-1011 kB, level 3 10-14 ms and 581-859 kB, level 6 15 ms and
   * 573-857 kB. Level 1 costs 15-25 % in size against level 3 and halves the time, which counts as decode time.
   */
  readonly compressionLevel?: number;
  /** Chooses a predictor for every row: 10-15 % smaller, about 8 ms slower at 768 x 512. Default false. */
  readonly adaptiveFiltering?: boolean;
}

/** Names of the formats that are read, by sharp's name. sharp calls the family of AVIF "heif". */
const readableFormats: ReadonlyMap<string, string> = new Map([
  ["jpeg", "JPEG"],
  ["png", "PNG"],
  ["webp", "WebP"],
  ["heif", "AVIF"],
  ["tiff", "TIFF"],
  ["gif", "GIF"],
]);

const readableList = [...readableFormats.values()].join(", ");

/**
 * Reads an image file.
 *
 * @throws {HalfstepError} `cannot-read` if the file is missing, a folder or unreadable; otherwise as {@link decodeImage}.
 */
export async function readImage(path: string): Promise<ReadImage> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
  return decodeImage(bytes, path);
}

/**
 * Decodes the bytes of an image file (JPEG, PNG, WebP, AVIF, TIFF, first frame of a GIF) to 8-bit sRGB RGB. Applies the
 * EXIF orientation, flattens alpha onto white, keeps the high byte of 16-bit samples, repeats grey in r, g and b, and
 * converts CMYK and embedded profiles to sRGB; each of these is told in a note.
 *
 * @param name what error messages call the file. Default "image".
 * @throws {HalfstepError} `not-an-image` if the bytes are of another format or damaged; `image-too-large` for more than
 * 65535 pixels per side or 2^28 pixels.
 */
export async function decodeImage(bytes: Uint8Array, name = "image"): Promise<ReadImage> {
  const file: ImageFile = { name, input: bytes, byteLength: bytes.length, start: bytes.subarray(0, SHOWN_BYTES) };
  const { hasAlpha, alreadySrgb, notes } = await inspectImage(file);
  const { data, info } = await sharpen(
    file,
    (source) => uprightSrgb(source, hasAlpha).raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true }),
    alreadySrgb,
  );
  if (info.channels !== (hasAlpha ? 4 : 3)) throw new Error(`internal: sharp returned ${info.channels} channels`);
  let pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (!hasAlpha) return { image: { width: info.width, height: info.height, data: pixels }, notes };
  const opaque = isOpaque(pixels);
  pixels = flattenOntoWhite(pixels);
  const image = { width: info.width, height: info.height, data: pixels };
  return { image, notes: opaque ? notes : [...notes, FLATTENED] };
}

/** The note of an image with transparent pixels. */
export const FLATTENED = "transparent pixels were flattened onto white";

/** How many bytes of a file an error message shows. */
export const SHOWN_BYTES = 16;

/** A file that is to be read by sharp, and what its error messages need. */
export interface ImageFile {
  /** What messages call it. */
  readonly name: string;
  /** Its bytes, or the path from which sharp reads them. */
  readonly input: Uint8Array | string;
  readonly byteLength: number;
  /** Its first {@link SHOWN_BYTES}. */
  readonly start: Uint8Array;
}

/** What the header of an image file says. */
export interface InspectedImage {
  /** Upright. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  /** It has a profile, which is that of sRGB: nothing is to be converted. */
  readonly alreadySrgb: boolean;
  /** As {@link ReadImage.notes}, but for transparency, which only the pixels tell. */
  readonly notes: readonly string[];
}

/** Reads the header. @throws {HalfstepError} as {@link decodeImage}, as far as the header tells */
export async function inspectImage(file: ImageFile): Promise<InspectedImage> {
  const { name } = file;
  const notes: string[] = [];
  const metadata = await sharpen(file, (source) => source.metadata());
  const { format, width, height, hasAlpha, space, depth, bitsPerSample = 8, pages = 1, orientation = 1 } = metadata;
  if (!readableFormats.has(format)) {
    throw new HalfstepError("not-an-image", `${name}: got ${format}, expected ${readableList}; convert it first`);
  }
  if (width > maxImageSide || height > maxImageSide || width * height > maxImagePixels) {
    throw new HalfstepError(
      "image-too-large",
      `${name}: got ${width} x ${height} pixels, expected at most ${maxImageSide} per side and ${maxImagePixels} ` +
        "in all; scale it down or cut it into parts",
    );
  }

  if (pages > 1) notes.push(`only the first of ${pages} ${format === "gif" ? "frames" : "pages"} was read`);
  if (orientation > 1) notes.push(`the pixels were turned upright (EXIF orientation ${orientation})`);
  if (depth !== "uchar" || bitsPerSample > 8) {
    const bits = bitsPerSample > 8 ? `${bitsPerSample}-bit` : depth === "ushort" ? "16-bit" : depth;
    notes.push(`${bits} samples were reduced to 8-bit`);
  }
  if (space === "b-w" || space === "grey16") notes.push("grey was expanded to RGB");
  const profile = metadata.icc === undefined ? undefined : profileName(metadata.icc);
  const alreadySrgb = profile !== undefined && isSrgbProfile(profile);
  if (space === "cmyk") notes.push("the colours were converted from CMYK to sRGB");
  else if (metadata.icc !== undefined && !alreadySrgb) {
    notes.push(`the colours were converted from the embedded profile "${profile ?? "unnamed"}" to sRGB`);
  }
  return { ...metadata.autoOrient, hasAlpha, alreadySrgb, notes };
}

/** The rest of a pipeline: turned upright, in sRGB, three channels or four. */
export function uprightSrgb(source: Sharp, hasAlpha: boolean): Sharp {
  const converted = source.autoOrient().toColourspace("srgb");
  return hasAlpha ? converted.ensureAlpha() : converted.removeAlpha();
}

/**
 * An image as the bytes of a PNG file (8-bit RGB, no metadata).
 *
 * @throws {RangeError} for a malformed image.
 */
export async function encodePng(image: Image, options: PngOptions = {}): Promise<Uint8Array> {
  checkImage(image, "encodePng");
  const { compressionLevel = 1, adaptiveFiltering = false } = options;
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  return sharp(image.data, { raw, limitInputPixels: maxImagePixels })
    .png({ compressionLevel, adaptiveFiltering })
    .toBuffer();
}

/**
 * Runs one sharp pipeline on a file. "error" also refuses files that end too early, yet lets pass what every viewer
 * shows (stray bytes between JPEG markers). The size limits are checked by the caller, with numbers in the message.
 */
export async function sharpen<Result>(
  { name, input, byteLength, start }: ImageFile,
  pipeline: (source: Sharp) => Promise<Result>,
  ignoreIcc = false,
): Promise<Result> {
  if (byteLength === 0) {
    throw new HalfstepError("not-an-image", `${name}: got an empty file, expected ${readableList}`);
  }
  try {
    return await pipeline(sharp(input, { failOn: "error", limitInputPixels: false, ignoreIcc }));
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n").at(-1);
    const shown = Buffer.from(start)
      .toString("latin1")
      .replace(/[^ -~]/g, ".");
    throw new HalfstepError(
      "not-an-image",
      `${name}: got ${byteLength} bytes that start with "${shown}" and do not decode (${reason}), ` +
        `expected an undamaged ${readableList}; check the file`,
      { cause: error },
    );
  }
}

/** Whether every alpha of RGBA pixels is 255. */
export function isOpaque(rgba: Uint8Array): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

/**
 * RGBA to RGB over white, in place: the write position never overtakes the read position, and an image near the limit
 * does not need a second gigabyte. Alpha is straight, levels are blended as they are (not in linear light), as viewers do.
 */
export function flattenOntoWhite(rgba: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let target = 0;
  for (let source = 0; source < rgba.length; source += 4, target += 3) {
    const alpha = rgba[source + 3]!;
    const white = 255 * (255 - alpha) + 127;
    rgba[target] = ((rgba[source]! * alpha + white) / 255) | 0;
    rgba[target + 1] = ((rgba[source + 1]! * alpha + white) / 255) | 0;
    rgba[target + 2] = ((rgba[source + 2]! * alpha + white) / 255) | 0;
  }
  return rgba.subarray(0, target);
}

/** The error of a file that the file system does not give. */
export function cannotRead(path: string, error: unknown): HalfstepError {
  return new HalfstepError("cannot-read", `${path}: ${readFailure(error)}`, { cause: error });
}

function readFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (code === "ENOENT") return "no such file; check the path";
  if (code === "EISDIR") return "is a folder, expected an image file; name a file in it";
  if (code === "EACCES" || code === "EPERM") return `may not be read (${code}); check its permissions`;
  return `cannot be read (${code}: ${error instanceof Error ? error.message : String(error)})`;
}
