/**
 * Rate and distortion of codecs and models on a folder of images, as a result that can be judged and repeated: real files, real
 * decoders, the numbers of every image, machine and versions. plans.ts says what makes a curve.
 *
 * Means are those of the published curves: of each image's bits per pixel, PSNR, MS-SSIM and SSIMULACRA 2; MS-SSIM in dB is that of the
 * mean.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ensureWritable, writeFileAtomic } from "../../atomic-file.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import { decodeImage } from "../../image/read-image.ts";
import { describeMachine, describeProgram, describeState } from "../../surroundings.ts";
import { byMeasure } from "../measures.ts";
import { toDb } from "../ms-ssim.ts";
import { KeptRows } from "./kept-rows.ts";
import type { Row, Task } from "./measure.ts";
import { type Plan, type PlannedPoint, planCodecs, planModels } from "./plans.ts";
import {
  type EvaluationResult,
  parseResult,
  type ResultCurve,
  type ResultImage,
  type ResultPoint,
  resultText,
} from "./result-schema.ts";
import { runTasks } from "./workers.ts";

/** What {@link evaluateFolder} does. */
export interface EvaluateOptions {
  /** Folder of images; those in folders inside it are not looked at. */
  readonly folder: string;
  /** Names of `COMPARED_CODECS`. Default none. */
  readonly codecs?: readonly string[];
  /** Names, paths or URLs of models. Default none. */
  readonly models?: readonly string[];
  /** Qualities of models of variable rate, 0..100 in steps of 0.1. Default: `USUAL_QUALITIES`. */
  readonly qualities?: readonly number[] | undefined;
  /** Efforts of models, 0..9; each makes curves of its own. Default: 0. */
  readonly efforts?: readonly number[] | undefined;
  /** The file of the result. */
  readonly out: string;
  /** Replace the file. Default false. */
  readonly force?: boolean;
  /** Processes that measure, one thread each. */
  readonly processes: number;
  /** Stops the work in good order. */
  readonly signal: AbortSignal;
  /** Told what reading an image changed, and how many rows were found done. */
  readonly onNote?: (text: string) => void;
  /** Told after every row how many of all are done. */
  readonly onProgress?: (done: number, all: number, what: string) => void;
}

interface FoundImage extends ResultImage {
  readonly file: string;
}

/**
 * Measures, and writes the result.
 *
 * @throws {UsageError} `bad-usage`, `unknown-codec`, `output-exists`, `missing-model`
 * @throws {HalfstepError} `empty-folder`, `cannot-read`, `not-an-image`, `missing-program`; `wrong-identity` for a model file that
 *   changes meanwhile; the signal's reason if it is aborted, with finished rows kept beside `out` for the next call
 */
export async function evaluateFolder(options: EvaluateOptions): Promise<EvaluationResult> {
  const { folder, codecs = [], models = [], qualities, efforts, out, force = false, processes, signal } = options;
  const startMs = performance.now();
  const state = await describeState();
  if (codecs.length + models.length === 0) {
    throw new UsageError("bad-usage", "evaluate: got neither models nor codecs; name some with --models or --codecs");
  }
  const versions: Record<string, string> = {};
  const program = describeProgram(state);
  const plans = [...(await planCodecs(codecs, versions)), ...(await planModels(models, program, qualities, efforts))];
  await ensureWritable(out, { force });
  const images = await findImages(folder, options.onNote);
  const kept = await KeptRows.open(out);
  await measureMissing(plans, images, kept, options);
  const wallSeconds = Math.round((performance.now() - startMs) / 1000);
  const result = parseResult(
    {
      meta: {
        source: "measured",
        imageSet: path.basename(path.resolve(folder)),
        note: "Means over the images; bytes are whole files, headers included; one thread for each encoder and decoder.",
        date: new Date().toISOString().slice(0, 10),
        ...state,
        ...describeMachine(versions),
        processes,
        wallSeconds,
        images: images.map(({ name, width, height, sha256 }) => ({ name, width, height, sha256 })),
      },
      curves: plans.map((plan) => curveOf(plan, images, kept)),
    },
    out,
  );
  signal.throwIfAborted();
  await writeFileAtomic(out, new TextEncoder().encode(resultText(result)), { force });
  await kept.remove();
  return result;
}

/** The images of a folder by name, each read once: a file that cannot be read is to fail before hours of work, not after. */
async function findImages(folder: string, onNote?: (text: string) => void): Promise<readonly FoundImage[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new HalfstepError("cannot-read", `${folder}: cannot be read (${error.code}); name a folder of images`, {
      cause: error,
    });
  });
  const images: FoundImage[] = [];
  for (const name of names.filter((name) => /\.(png|jpe?g|webp|avif|tiff?|gif)$/i.test(name)).sort()) {
    const file = path.join(folder, name);
    const bytes = await readFile(file);
    const { image, notes } = await decodeImage(bytes, file);
    for (const note of notes) onNote?.(`${file}: ${note}`);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    images.push({ file, name, width: image.width, height: image.height, sha256 });
  }
  if (images.length > 0) return images;
  throw new HalfstepError(
    "empty-folder",
    `${folder}: got no images, expected PNG, JPEG, WebP, AVIF, TIFF or GIF files`,
  );
}

async function measureMissing(
  plans: readonly Plan[],
  images: readonly FoundImage[],
  kept: KeptRows,
  { processes, signal, onNote, onProgress }: EvaluateOptions,
): Promise<void> {
  const all = images.length * plans.reduce((sum, { points }) => sum + points.length, 0);
  let done = 0;
  const tasks: (Task & { readonly keys: ReadonlyMap<string, string> })[] = [];
  // An image is the inner loop: a process then opens each codec once.
  for (const points of plans.flatMap(bySubject)) {
    for (const { file, sha256 } of images) {
      const keys = new Map(points.map(({ setting, madeBy }) => [setting, keyOf(madeBy, setting, sha256)]));
      const settings = [...keys].filter(([, key]) => kept.get(key) === undefined).map(([setting]) => setting);
      done += keys.size - settings.length;
      if (settings.length > 0) tasks.push({ image: file, subject: points[0]!.subject, settings, keys });
    }
  }
  if (done > 0) onNote?.(`${kept.path}: ${done} of ${all} rows are done already`);
  await runTasks(
    tasks.map(({ image, subject, settings }) => ({ image, subject, settings })),
    {
      processes,
      signal,
      onRow: (task, row) => {
        const { keys } = tasks.find(
          ({ image, subject }) => image === task.image && JSON.stringify(subject) === JSON.stringify(task.subject),
        )!;
        kept.add(keys.get(row.setting)!, row);
        onProgress?.(++done, all, `${task.subject.name}, ${path.basename(task.image)}`);
      },
    },
  );
}

/** The points of a plan in groups that one opened codec can do. */
function bySubject({ points }: Plan): readonly (readonly PlannedPoint[])[] {
  const groups = new Map<string, PlannedPoint[]>();
  for (const point of points) groups.set(point.subject.name, [...(groups.get(point.subject.name) ?? []), point]);
  return [...groups.values()];
}

function keyOf(madeBy: string, setting: string, sha256: string): string {
  return `${madeBy} | ${setting} | ${sha256}`;
}

function curveOf({ codec, label, settings, points }: Plan, images: readonly FoundImage[], kept: KeptRows): ResultCurve {
  const measured = points.map(({ setting, madeBy, model }) => {
    const rows = images.map(({ sha256 }) => kept.get(keyOf(madeBy, setting, sha256))!);
    return { ...pointOf(setting, rows, images), ...(model === undefined ? {} : { model }) };
  });
  return { codec, label, settings, points: measured.sort((a, b) => a.bitsPerPixel - b.bitsPerPixel) };
}

function pointOf(setting: string, rows: readonly Row[], images: readonly FoundImage[]): ResultPoint {
  const rates = rows.map(({ bytes }, i) => (8 * bytes) / (images[i]!.width * images[i]!.height));
  const means = byMeasure((name) => meanOrNull(rows.map((row) => row[name])));
  const { msSsim } = means;
  return {
    setting,
    bitsPerPixel: rounded(mean(rates), 5),
    ...byMeasure((name, { meanDecimals }) => roundedOrNull(means[name], meanDecimals)),
    msSsimDb: msSsim === null || msSsim >= 1 ? null : rounded(toDb(msSsim), 4),
    encodeMs: rounded(mean(rows.map(({ encodeMs }) => encodeMs)), 1),
    decodeMs: rounded(mean(rows.map(({ decodeMs }) => decodeMs)), 1),
    images: {
      bytes: rows.map(({ bytes }) => bytes),
      ...byMeasure((name, { decimals }) => rows.map((row) => roundedOrNull(row[name], decimals))),
      encodeMs: rows.map(({ encodeMs }) => rounded(encodeMs, 1)),
      decodeMs: rows.map(({ decodeMs }) => rounded(decodeMs, 1)),
    },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean; null if a value is missing, since a mean of the others would compare different images. */
function meanOrNull(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === values.length ? mean(numbers) : null;
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function roundedOrNull(value: number | null, decimals: number): number | null {
  return value === null ? null : rounded(value, decimals);
}
