/**
 * The work of `halfstep demo`: each photograph goes through a real file on the disk and is read back from a real file, so
 * that the figures are those of somebody who uses the program. The picture of the first photograph shows the comparison.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../../atomic-file.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import { comparisonPicture, jpegAtMostBytes, msSsimOrNull, psnr } from "../../evaluate/index.ts";
import type { Image } from "../../image/image.ts";
import { encodePng, readImage } from "../../image/read-image.ts";
import { type Codec, listModels, loadCodec } from "../../node.ts";

/** The figures of one photograph with one model. */
export interface DemoRow {
  readonly file: string;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  /** Length of the `.hst` file. */
  readonly bytes: number;
  readonly bitsPerPixel: number;
  readonly psnrDb: number;
  /** 0..1; null for an image that is too small for it. */
  readonly msSsim: number | null;
  /** From pixels to the finished file. */
  readonly encodeMs: number;
  /** From the file to the finished PNG. */
  readonly decodeMs: number;
  /** Of the largest JPEG that is not larger than our file; null if there is none. */
  readonly jpegPsnrDb: number | null;
  readonly jpegBytes: number | null;
}

/** What {@link runDemo} needs. */
export interface DemoInput {
  readonly files: readonly string[];
  readonly models: readonly string[];
  readonly folder: string;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** The sample photographs, sorted by name. @throws {HalfstepError} `no-samples`. */
export async function listSamples(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const images = names.filter((name) => /\.(png|jpe?g|webp)$/i.test(name)).sort();
  if (images.length === 0) {
    throw new HalfstepError("no-samples", `${folder}: got no sample photographs; name image files after "demo"`);
  }
  return images.map((name) => path.join(folder, name));
}

/** The models to show: the named one, all shipped ones, or the shipped one in the middle of the rates. */
export async function chooseModels(options: {
  readonly model?: string;
  readonly all?: boolean;
}): Promise<readonly string[]> {
  if (options.model !== undefined && options.all) {
    throw new UsageError("bad-usage", "demo: got --model and --all, expected one of them");
  }
  if (options.model !== undefined) return [options.model];
  const models = [...(await listModels())].sort((a, b) => a.lambda - b.lambda).map(({ name }) => name);
  if (models.length === 0) throw new HalfstepError("no-models", "demo: no model is shipped; name one with --model");
  return options.all ? models : models.slice((models.length - 1) >> 1, ((models.length - 1) >> 1) + 1);
}

/** Runs the demo. Returns its figures and the comparison pictures, one for each model. */
export async function runDemo(input: DemoInput): Promise<{ rows: DemoRow[]; pictures: string[] }> {
  await mkdir(input.folder, { recursive: true });
  const rows: DemoRow[] = [];
  const pictures: string[] = [];
  for (const model of input.models) {
    const codec = await loadCodec({ model, threads: input.threads });
    try {
      for (const [index, file] of input.files.entries()) {
        input.signal.throwIfAborted();
        input.onProgress(`${codec.model.name}: ${path.basename(file)} (${index + 1} of ${input.files.length})`);
        const { image: original } = await readImage(file);
        // The first call plans memory and loads code; a user with more than one photograph pays it once.
        if (index === 0) await codec.decode((await codec.encode(original)).bytes);
        const { row, decoded, jpeg } = await demonstrate(codec, file, original, input.folder);
        rows.push(row);
        if (index === 0) {
          const picture = path.join(input.folder, `comparison-${codec.model.name}.png`);
          await writeFileAtomic(picture, await comparisonPicture(original, decoded, jpeg), { force: true });
          pictures.push(picture);
        }
      }
    } finally {
      await codec.close();
    }
  }
  return { rows, pictures };
}

async function demonstrate(codec: Codec, file: string, original: Image, folder: string) {
  const stem = `${path.basename(file, path.extname(file))}-${codec.model.name}`;
  const streamFile = path.join(folder, `${stem}.hst`);
  const pngFile = path.join(folder, `${stem}.png`);

  const startMs = performance.now();
  const { bytes, bitsPerPixel } = await codec.encode(original);
  await writeFileAtomic(streamFile, bytes, { force: true });
  const encodedMs = performance.now();
  const image = await codec.decode(await readFile(streamFile));
  await writeFileAtomic(pngFile, await encodePng(image), { force: true });
  const decodedMs = performance.now();

  const { image: decoded } = await readImage(pngFile);
  const jpeg = await jpegAtMostBytes(original, bytes.length);
  const row: DemoRow = {
    file,
    model: codec.model.name,
    width: original.width,
    height: original.height,
    bytes: bytes.length,
    bitsPerPixel,
    psnrDb: psnr(original, decoded),
    msSsim: msSsimOrNull(original, decoded),
    encodeMs: encodedMs - startMs,
    decodeMs: decodedMs - encodedMs,
    jpegPsnrDb: jpeg === null ? null : psnr(original, jpeg.decoded),
    jpegBytes: jpeg?.bytes ?? null,
  };
  return { row, decoded, jpeg: jpeg?.decoded };
}
