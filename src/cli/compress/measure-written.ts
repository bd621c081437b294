/** Measures how a picture comes back: the PSNR over its visible pixels, of the whole picture or of a sample, band by band. */
import type { Image } from "../../image/image.ts";
import type { ImageRows, ImageSource } from "../../image/image-rows.ts";
import type { Codec, EncodeOptions } from "../../node.ts";

/** Pictures of at most this many pixels are decoded as a whole. */
const WHOLE_UP_TO_PIXELS = 2 ** 18;
/** Of larger pictures, crops of this side are coded beside each other, in so many columns and rows. */
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
  const sample = await sampleOf(source);
  const { bytes } = await codec.encode(sample, withoutEffort(settings));
  const error = new SquaredError();
  error.add(sample.data, (await codec.decode(bytes)).data, sample.alpha);
  return error.psnrDb;
}

/** The same settings without an effort, to find out quickly how a picture comes back. */
export function withoutEffort({ effort: _, onProgress: __, ...settings }: EncodeOptions): EncodeOptions {
  return settings;
}

/** Crops spread over the picture, side by side in one picture: coding it takes far less time than coding each. */
async function sampleOf(source: ImageSource): Promise<Image> {
  const [width, height] = [Math.min(CROP.side, source.width), Math.min(CROP.side, source.height)];
  const sample = { width: CROP.columns * width, height: CROP.rows * height };
  const data = new Uint8Array(3 * sample.width * sample.height);
  const alpha = source.readAlpha && new Uint8Array(sample.width * sample.height);
  for (let row = 0; row < CROP.rows; row++) {
    const top = Math.round(((source.height - height) * (row + 0.5)) / CROP.rows);
    const lefts = Array.from({ length: CROP.columns }, (_, column) =>
      Math.round(((source.width - width) * (column + 0.5)) / CROP.columns),
    );
    const place = { rows: height, fromWidth: source.width, lefts, width };
    const first = row * height * sample.width;
    layColumns(await source.readRows(top, height), data.subarray(3 * first), { ...place, channels: 3 });
    if (alpha) layColumns(await source.readAlpha!(top, height), alpha.subarray(first), { ...place, channels: 1 });
  }
  return { ...sample, data, ...(alpha === undefined ? {} : { alpha }) };
}

/** Copies some columns of rows side by side. @param place `lefts` are the first pixels of so many columns of `width` */
function layColumns(
  from: Uint8Array,
  to: Uint8Array,
  place: {
    readonly rows: number;
    readonly fromWidth: number;
    readonly lefts: readonly number[];
    readonly width: number;
    readonly channels: number;
  },
): void {
  const { rows, fromWidth, lefts, width, channels } = place;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const left of lefts) {
      const start = channels * (row * fromWidth + left);
      to.set(from.subarray(start, start + channels * width), at);
      at += channels * width;
    }
  }
}
