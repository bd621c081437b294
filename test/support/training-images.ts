/** Small images and temporary folders for the tests of training. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import type { Image } from "../../src/image/image.ts";

/** A picture whose every pixel tells where it is: red = column, green = row, blue = tag (modulo 256). */
export function coordinateImage(width: number, height: number, tag: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[at++] = x;
      data[at++] = y;
      data[at++] = tag;
    }
  }
  return { width, height, data };
}

/** Writes a PNG, making the folders on the way. */
export async function writePng(file: string, { width, height, data }: Image): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}

/** Runs a function with a fresh temporary folder, which is removed afterwards. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-test-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
