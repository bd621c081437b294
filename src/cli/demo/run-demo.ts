/**
 * The work of `halfstep demo`. Each photograph is written to a real file on the disk and read back from it, so the figures are those that a user of
 * the program gets. Everything that was compared stays in the folder: the stream, its picture, the JPEG of equal size, and both beside the
 * original in one picture.
 */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder, writeFileAtomic } from "../../atomic-file.ts";
import { HalfstepError } from "../../errors.ts";
import { comparisonPicture, jpegAtMostBytes, msSsimOrNull, psnr } from "../../evaluate/index.ts";
import type { Image } from "../../image/image.ts";
import { encodePng, readImage } from "../../image/read-image.ts";
import type { Codec, ModelInfo } from "../../node.ts";

/** A time is the median of so many runs, after one that does not count. */
export const TIMED_RUNS: number = 3;

/** The figures of one photograph with one model. */
export interface DemoRow {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Length of the `.hst` file. */
  readonly bytes: number;
  readonly bitsPerPixel: number;
  /** Infinity for a photograph that came back unchanged. */
  readonly psnrDb: number;
  /** 0..1; null for an image that is too small for it. */
  readonly msSsim: number | null;
  /** From pixels to the finished file: the median of {@link TIMED_RUNS}, or the only run if there is an effort. */
  readonly encodeMs: number;
  /** From the file to the finished PNG: the median of {@link TIMED_RUNS}. */
  readonly decodeMs: number;
  /** The JPEG of the largest quality that is not larger than our file; null if there is none. */
  readonly jpeg: { readonly quality: number; readonly bytes: number; readonly psnrDb: number } | null;
  /** The comparison picture. */
  readonly picture: string;
}

/** What one model does to all photographs. */
export interface DemoResult {
  readonly model: ModelInfo;
  /** The quality that they were coded with; null for a model of fixed rate. */
  readonly quality: number | null;
  /** The effort that they were coded with. */
  readonly effort: number;
  readonly rows: readonly DemoRow[];
}

/** Qualities at which a model of variable rate is shown if the user chooses none. */
export const SHOWN_QUALITIES: readonly number[] = [25, 50, 75];

/** What {@link runDemo} needs. */
export interface DemoInput {
  /** Image files, at least one. */
  readonly files: readonly string[];
  /** For a model of variable rate, 0..100; null for one of fixed rate. */
  readonly quality: number | null;
  /** 0..9; above 0, photographs are encoded once and not timed again. */
  readonly effort: number;
  /** Folder of the results. It is made if it does not exist. Files of the same names are replaced. */
  readonly folder: string;
  /** Called before each photograph. */
  readonly onProgress: (text: string) => void;
  /** Called with what reading an image changed. */
  readonly onNote: (text: string) => void;
}

/** The image files of a folder, sorted by name. @throws {HalfstepError} `no-samples`. */
export async function listSamples(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const images = names.filter((name) => /\.(png|jpe?g|webp)$/i.test(name)).sort();
  if (images.length === 0) {
    throw new HalfstepError("no-samples", `${folder}: got no sample photographs; name image files after "demo"`);
  }
  return images.map((name) => path.join(folder, name));
}

/** Runs the demo with one model. The codec stays open. */
export async function runDemo(codec: Codec, input: DemoInput): Promise<DemoResult> {
  const { files, folder, quality, effort, onProgress, onNote } = input;
  const { name } = codec.model;
  const [label, ending] = nameOf(name, quality, effort);
  makeFolder(folder);
  const stems = distinctStems(files);
  const rows: DemoRow[] = [];
  for (const [i, file] of files.entries()) {
    onProgress(`${label}: ${path.basename(file)} (${i + 1} of ${files.length})`);
    const { image, notes } = await readImage(file);
    for (const note of notes) onNote(`${file}: ${note}`);
    rows.push(
      await demonstrate(codec, file, image, path.join(folder, `${stems[i]}-${ending}`), { quality, effort, label }),
    );
  }
  return { model: codec.model, quality, effort, rows };
}

/** What a way of coding is called in pictures and in file names. */
function nameOf(model: string, quality: number | null, effort: number): readonly [string, string] {
  const [withQuality, qualityEnding] = quality === null ? ["", ""] : [`, quality ${quality}`, `-q${quality}`];
  const [withEffort, effortEnding] = effort === 0 ? ["", ""] : [`, effort ${effort}`, `-e${effort}`];
  return [`${model}${withQuality}${withEffort}`, `${model}${qualityEnding}${effortEnding}`];
}

/** One photograph, into files whose names begin with `stem`. */
async function demonstrate(
  codec: Codec,
  file: string,
  original: Image,
  stem: string,
  { quality, effort, label }: { readonly quality: number | null; readonly effort: number; readonly label: string },
): Promise<DemoRow> {
  const [streamFile, pngFile] = [`${stem}.hst`, `${stem}.png`];
  const encode = async (): Promise<void> => {
    const { bytes } = await codec.encode(original, quality === null ? { effort } : { quality, effort });
    await writeFileAtomic(streamFile, bytes, { force: true });
  };
  const decode = async (): Promise<void> => {
    const image = await codec.decode(await readFile(streamFile));
    await writeFileAtomic(pngFile, await encodePng(image), { force: true });
  };
  const encodeMs = effort === 0 ? await medianMs(encode) : await onceMs(encode);
  const decodeMs = await medianMs(decode);

  const bytes = (await readFile(streamFile)).length;
  const { image: decoded } = await readImage(pngFile);
  const jpeg = await jpegAtMostBytes(original, bytes);
  if (jpeg !== null) await writeFileAtomic(`${stem}.jpg`, jpeg.file, { force: true });
  const picture = `${stem}-comparison.png`;
  const labels = {
    originalName: path.basename(file),
    decodedName: `Halfstep ${label}`,
    decodedBytes: bytes,
    ...(jpeg === null ? {} : { jpegName: `JPEG, quality ${jpeg.quality}`, jpegBytes: jpeg.bytes }),
  };
  const png = await comparisonPicture(original, decoded, jpeg?.decoded, labels);
  await writeFileAtomic(picture, png, { force: true });

  const { width, height } = original;
  return {
    file,
    width,
    height,
    bytes,
    bitsPerPixel: (8 * bytes) / (width * height),
    psnrDb: psnr(original, decoded),
    msSsim: msSsimOrNull(original, decoded),
    encodeMs,
    decodeMs,
    jpeg: jpeg && { quality: jpeg.quality, bytes: jpeg.bytes, psnrDb: psnr(original, jpeg.decoded) },
    picture,
  };
}

/** The time of a task in milliseconds. */
async function onceMs(task: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await task();
  return performance.now() - startMs;
}

/** The median time of a task in milliseconds. The first run plans memory for this size of image, and does not count. */
async function medianMs(task: () => Promise<void>): Promise<number> {
  await task();
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run++) {
    times.push(await onceMs(task));
  }
  return times.sort((a, b) => a - b)[TIMED_RUNS >> 1]!;
}

/** File names without folder and ending, with a number where two would be the same. */
function distinctStems(files: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const name = path.basename(file, path.extname(file));
    let stem = name;
    for (let number = 2; taken.has(stem); number++) stem = `${name}-${number}`;
    taken.add(stem);
    return stem;
  });
}
