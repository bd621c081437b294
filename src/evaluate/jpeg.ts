/**
 * JPEG as the anchor that everybody knows: files of a given quality, and the best file within a number of bytes, to
 * compare at equal size. Encoded by mozjpeg (through sharp), the strongest baseline encoder in wide use, 4:2:0 unless told
 * otherwise. Refuses to go beyond mozjpeg's own qualities 1..100 to reach a size.
 */
import sharp from "sharp";
import { checkImage, type Image } from "../image/image.ts";
import { decodeImage } from "../image/read-image.ts";

/** How {@link encodeJpeg} encodes. */
export interface JpegOptions {
  /** 1..100. */
  readonly quality: number;
  /** Trellis quantisation, overshoot deringing, optimised scans and tables of mozjpeg. Default true. */
  readonly mozjpeg?: boolean;
  /** Default "4:2:0". */
  readonly chromaSubsampling?: "4:2:0" | "4:4:4";
}

/** A JPEG file within a number of bytes. */
export interface SizedJpeg {
  /** Quality setting 1..100. */
  readonly quality: number;
  /** Length of the file. */
  readonly bytes: number;
  /** The file itself. */
  readonly file: Uint8Array;
  /** What a viewer shows for it. */
  readonly decoded: Image;
}

/**
 * A JPEG file of the image, without metadata.
 *
 * @throws {RangeError} for a malformed image or a quality that is not an integer of 1..100.
 */
export async function encodeJpeg(image: Image, options: JpegOptions): Promise<Uint8Array> {
  checkImage(image, "encodeJpeg");
  const { quality, mozjpeg = true, chromaSubsampling = "4:2:0" } = options;
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new RangeError(`encodeJpeg: got a quality of ${quality}, expected an integer of 1..100`);
  }
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  return sharp(image.data, { raw }).jpeg({ quality, mozjpeg, chromaSubsampling }).toBuffer();
}

/**
 * The JPEG of the largest quality whose file is not larger than `bytes`, by binary search (at most 7 encodings); null if
 * even quality 1 is larger. The search assumes that the size grows with the quality. It did for every step on three
 * photographs (qualities 1 to 3 give one file). If it fell somewhere, the result would still fit, and the next higher quality
 * would not.
 *
 * @throws {RangeError} for a malformed image, or `bytes` that is not a number above 0.
 */
export async function jpegAtMostBytes(
  image: Image,
  bytes: number,
  options: Omit<JpegOptions, "quality"> = {},
): Promise<SizedJpeg | null> {
  if (!(bytes > 0)) throw new RangeError(`jpegAtMostBytes: got ${bytes} bytes, expected a number above 0`);
  let fitting: { quality: number; file: Uint8Array } | null = null;
  for (let low = 1, high = 100; low <= high; ) {
    const quality = (low + high) >> 1;
    const file = await encodeJpeg(image, { ...options, quality });
    if (file.length <= bytes) {
      fitting = { quality, file };
      low = quality + 1;
    } else {
      high = quality - 1;
    }
  }
  if (fitting === null) return null;
  const { image: decoded } = await decodeImage(fitting.file, "JPEG");
  return { ...fitting, bytes: fitting.file.length, decoded };
}
