/**
 * A picture of any size that looks like a photograph. It is made of squares of the sample photographs. Each is mirrored and lit in its own way, so
 * no part repeats another exactly. It is made and written by bands, because it may be larger than memory should hold.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../src/atomic-file.ts";
import { encodePngBands } from "../src/image/bands/encode-png-bands.ts";
import type { Image } from "../src/image/image.ts";
import type { ImageRows, RowBand } from "../src/image/image-rows.ts";
import { readImage } from "../src/image/read-image.ts";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));
/** Side of a square; no sample is smaller. */
const SQUARE = 432;

async function* squares(width: number, height: number, samples: readonly Image[]): AsyncGenerator<RowBand> {
  for (let top = 0, j = 0; top < height; top += SQUARE, j++) {
    const rows = Math.min(SQUARE, height - top);
    const data = new Uint8Array(3 * width * rows);
    for (let left = 0, i = 0; left < width; left += SQUARE, i++) {
      const sample = samples[(5 * i + 7 * j) % samples.length]!;
      const [mirrored, upsideDown] = [((i + j) & 1) === 1, ((i * 3 + j) & 2) === 2];
      const gain = 0.7 + 0.04 * ((3 * i + 5 * j) % 8);
      const columns = Math.min(SQUARE, width - left);
      for (let y = 0; y < rows; y++) {
        const sampleRow = upsideDown ? SQUARE - 1 - y : y;
        for (let x = 0; x < columns; x++) {
          const from = 3 * (sample.width * sampleRow + (mirrored ? SQUARE - 1 - x : x));
          const to = 3 * (width * y + left + x);
          for (let channel = 0; channel < 3; channel++) data[to + channel] = gain * sample.data[from + channel]!;
        }
      }
    }
    yield { top, height: rows, data };
  }
}

/** The picture, of the sample photographs. */
export async function sizedPicture(width: number, height: number): Promise<ImageRows> {
  const names = (await readdir(SAMPLES)).filter((name) => name.endsWith(".png")).sort();
  const samples: Image[] = [];
  for (const name of names) samples.push((await readImage(path.join(SAMPLES, name))).image);
  return { width, height, bands: squares(width, height, samples) };
}

/** Writes the picture as a PNG file. */
export async function writeSizedPicture(file: string, width: number, height: number): Promise<void> {
  await writeFileAtomic(file, encodePngBands(await sizedPicture(width, height)));
}
