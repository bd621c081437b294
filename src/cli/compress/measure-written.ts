/** Measures how a picture comes back: the PSNR over its visible pixels, of the whole picture or of a sample, band by band. */
import type { ImageRows, ImageSource } from "../../image/image-rows.ts";
import type { Codec, EncodeOptions } from "../../node.ts";
import type { Sample } from "./sample-of-picture.ts";

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
  { source, stream, sample }: { readonly source: ImageSource; readonly stream: Uint8Array; readonly sample: Sample },
  settings: EncodeOptions,
): Promise<number> {
  if (sample.isWhole) return measureWritten(codec, source, stream);
  const { bytes } = await codec.encode(sample.image, withoutEffort(settings));
  const error = new SquaredError();
  error.add(sample.image.data, (await codec.decode(bytes)).data, sample.image.alpha);
  return error.psnrDb;
}

/** The same settings without an effort, to find out quickly how a picture comes back. */
export function withoutEffort({ effort: _, onProgress: __, ...settings }: EncodeOptions): EncodeOptions {
  return settings;
}
