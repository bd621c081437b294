/** Measures how a picture comes back: the PSNR over its visible pixels, of the whole picture or of a sample, band by band. */
import type { Image } from "../../image/image.ts";
import type { ImageRows, ImageSource } from "../../image/image-rows.ts";
import type { Codec, EncodeOptions } from "../../node.ts";

/** Pictures of at most this many pixels are decoded as a whole. */
const WHOLE_UP_TO_PIXELS = 2 ** 18;
/** Of larger pictures, crops of this side are coded by themselves, in so many columns and rows. */
const CROP = { side: 128, columns: 3, rows: 2 } as const;

/** The sum of squared errors of levels, and how many levels there were. */
class SquaredError {
  #sum = 0;
  #count = 0;

  /** Rows of r, g, b; pixels of alpha 0 do not count. */
  add(original: Uint8Array, decoded: Uint8Array, alpha: Uint8Array | undefined): void {
    for (let at = 0; at < original.length; at++) {
      if (alpha !== undefined && alpha[Math.floor(at / 3)] === 0) continue;
      this.#sum += (original[at]! - decoded[at]!) ** 2;
      this.#count++;
    }
  }

  /** In dB; Infinity without an error. */
  get psnrDb(): number {
    return this.#sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * this.#count) / this.#sum);
  }
}

/** The PSNR in dB of a stream against the picture that it was made of, over all pixels that are not fully transparent. */
export async function measureWritten(codec: Codec, source: ImageSource, stream: Uint8Array): Promise<number> {
  const error = new SquaredError();
  await addBands(error, source, await codec.decodeRows(stream));
  return error.psnrDb;
}

async function addBands(error: SquaredError, source: ImageSource, { bands }: ImageRows): Promise<void> {
  for await (const { top, height, data, alpha } of bands) error.add(await source.readRows(top, height), data, alpha);
}

/** As {@link measureWritten}; of a large picture, a sample is coded with the same settings, without effort. */
export async function estimateWritten(
  codec: Codec,
  source: ImageSource,
  stream: Uint8Array,
  settings: EncodeOptions,
): Promise<number> {
  if (source.width * source.height <= WHOLE_UP_TO_PIXELS) return measureWritten(codec, source, stream);
  const error = new SquaredError();
  for (const crop of await cropsOf(source)) {
    const { bytes } = await codec.encode(crop, withoutEffort(settings));
    const decoded = await codec.decode(bytes);
    error.add(crop.data, decoded.data, crop.alpha);
  }
  return error.psnrDb;
}

/** The same settings without an effort, to find out quickly how a picture comes back. */
export function withoutEffort({ effort: _, onProgress: __, ...settings }: EncodeOptions): EncodeOptions {
  return settings;
}

/** Crops spread over the picture. */
async function cropsOf(source: ImageSource): Promise<readonly Image[]> {
  const [width, height] = [Math.min(CROP.side, source.width), Math.min(CROP.side, source.height)];
  const crops: Image[] = [];
  for (let row = 0; row < CROP.rows; row++) {
    const top = Math.round(((source.height - height) * (row + 0.5)) / CROP.rows);
    const data = Uint8Array.from(await source.readRows(top, height));
    const alpha = source.readAlpha && Uint8Array.from(await source.readAlpha(top, height));
    for (let column = 0; column < CROP.columns; column++) {
      const left = Math.round(((source.width - width) * (column + 0.5)) / CROP.columns);
      const image = { width, height, data: cut(data, 3, source.width, left, width) };
      crops.push(alpha ? { ...image, alpha: cut(alpha, 1, source.width, left, width) } : image);
    }
  }
  return crops;
}

/** Cuts some columns out of rows. */
function cut(rows: Uint8Array, channels: number, rowPixels: number, left: number, width: number): Uint8Array {
  const height = rows.length / (channels * rowPixels);
  const part = new Uint8Array(channels * width * height);
  for (let row = 0; row < height; row++) {
    const start = channels * (rowPixels * row + left);
    part.set(rows.subarray(start, start + channels * width), channels * width * row);
  }
  return part;
}
