/**
 * Makes folders of training photographs that are small enough to travel to a card that is there for some minutes.
 *
 * Usage: npx tsx experiments/cuda/photographs.ts FOLDER [FOLDER] --out OUT [OUT] --bytes N [--least 256]
 *
 * Each photograph is reduced by a factor of its own, drawn from its name, and written as AVIF with full colour. One quality serves all: the
 * highest at which each of the folders OUT stays below N bytes. The photographs of validation (`validationPaths`) are left out.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { listImageFolder } from "../../src/train/data/image-folder.ts";
import { validationPaths } from "../../src/train/data/validation.ts";

/** Sides are multiplied by a factor between this and 1. So errors of the source become smaller, and the statistics vary. */
const LEAST_FACTOR = 0.7;
/** One photograph of this many is coded to find the quality. */
const SAMPLE_EVERY = 24;
/** The part of the budget that is kept free, because the sample may be wrong. */
const MARGIN = 0.98;
const VALIDATION_FRACTION = 0.02;
const SETTINGS = { effort: 3, chromaSubsampling: "4:4:4", tune: "psnr" } as const;

interface Photograph {
  readonly file: string;
  readonly name: string;
  /** What it is multiplied by, 0.7..1. */
  readonly factor: number;
}

/** The photographs of a folder that are trained on. */
async function photographsOf(folder: string): Promise<readonly Photograph[]> {
  const { images: files } = await listImageFolder(folder);
  const judged = validationPaths(files, VALIDATION_FRACTION);
  const trained = files.filter((file) => !judged.has(file));
  return trained.map((file) => {
    const drawn = createHash("sha256").update(`factor ${file}`).digest().readUInt32BE(0) / 2 ** 32;
    const name = path.parse(file).name;
    return { file: path.join(folder, file), name, factor: LEAST_FACTOR + (1 - LEAST_FACTOR) * drawn };
  });
}

function fail(message: string): never {
  throw new Error(message);
}

async function coded({ file, factor }: Photograph, quality: number, least: number): Promise<Buffer> {
  const image = sharp(file).autoOrient();
  const { width, height } = (await image.metadata()).autoOrient;
  const scale = Math.min(1, Math.max(factor, least / Math.min(width, height)));
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  return await image
    .resize({ ...size, kernel: "lanczos3", fit: "fill" })
    .avif({ ...SETTINGS, quality })
    .toBuffer();
}

/** Applies `work` to all items, two at a time, in order. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", multiple: true },
    bytes: { type: "string" },
    least: { type: "string", default: "256" },
  },
});
const { out = [], bytes = "" } = values;
const budget = Number(bytes);
const least = Number(values.least);
if (positionals.length === 0 || out.length === 0 || !(budget > 0)) {
  fail("usage: npx tsx experiments/cuda/photographs.ts FOLDER [FOLDER] --out OUT [OUT] --bytes N [--least 256]");
}
sharp.concurrency(1);
const all = (await Promise.all(positionals.map(photographsOf))).flat();
const stems = all.map(({ name }) => name);
const twice = stems.find((name, i) => stems.indexOf(name) !== i);
if (twice !== undefined)
  fail(`photographs.ts: got two photographs called ${twice}, expected names of their own; rename one`);
const sample = all.filter((_, i) => i % SAMPLE_EVERY === 0);
const aim = (MARGIN * budget * out.length * sample.length) / all.length;
let [low, high] = [10, 95];
while (low < high) {
  const quality = Math.ceil((low + high) / 2);
  const sizes = await each(sample, async (photograph) => (await coded(photograph, quality, least)).length);
  if (sizes.reduce((sum, size) => sum + size, 0) <= aim) low = quality;
  else high = quality - 1;
}
process.stdout.write(`${all.length} photographs at quality ${low}\n`);
for (const folder of out) mkdirSync(folder, { recursive: true });
const totals = out.map(() => 0);
let leftOut = 0;
await each(all, async (photograph) => {
  const data = await coded(photograph, low, least);
  // The folder with the most room left takes it.
  const index = totals.indexOf(Math.min(...totals));
  if (totals[index]! + data.length > budget) {
    leftOut++;
    return;
  }
  totals[index] = totals[index]! + data.length;
  writeFileSync(path.join(out[index]!, `${photograph.name}.avif`), data);
});
process.stdout.write(`${totals.map((total, i) => `${out[i]}: ${total} bytes`).join("\n")}\n`);
if (leftOut > 0) process.stdout.write(`${leftOut} photographs found no room and were left out\n`);
