/**
 * The photographs that a benchmark looks at: all PNG files of the folder HALFSTEP_TEST_IMAGES (usually the Kodak photographs), or else
 * the project's samples.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Image } from "../src/image/image.ts";
import { readImage } from "../src/image/read-image.ts";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));

/** The files, by name, and what to call them. @throws {Error} for a folder without PNG files. */
export async function testImages(): Promise<{ readonly files: readonly string[]; readonly what: string }> {
  const folder = process.env.HALFSTEP_TEST_IMAGES ?? SAMPLES;
  const names = (await readdir(folder)).filter((name) => name.endsWith(".png")).sort();
  if (names.length === 0) throw new Error(`${folder}: got no PNG files, expected photographs`);
  const what = folder === SAMPLES ? "sample photographs" : "photographs of HALFSTEP_TEST_IMAGES";
  return { files: names.map((name) => path.join(folder, name)), what: `${names.length} ${what}` };
}

/** Reads one photograph, or the part of it around the middle that has at most the given sides. */
export async function readTestImage(file: string, crop?: Pick<Image, "width" | "height">): Promise<Image> {
  const { image } = await readImage(file);
  if (crop === undefined) return image;
  const [width, height] = [Math.min(crop.width, image.width), Math.min(crop.height, image.height)];
  const [left, top] = [(image.width - width) >> 1, (image.height - height) >> 1];
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const start = 3 * ((top + row) * image.width + left);
    data.set(image.data.subarray(start, start + 3 * width), 3 * width * row);
  }
  return { width, height, data };
}
