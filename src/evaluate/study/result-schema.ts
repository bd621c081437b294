/**
 * The one form of results: rate-distortion curves with what is needed to judge and repeat them. `source` keeps apart what this
 * project measured and what others published. results/README.md describes the fields for readers; this file checks them.
 *
 * Refuses unknown fields, so that a misspelt one is not lost without a word, and measured curves without their images.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { HalfstepError } from "../../errors.ts";
import { parseWith } from "../../parse-with.ts";
import type { Measured, MeasureName } from "../measures.ts";

/**
 * One setting of a codec: means over the images, and each image's own values. A measure is null if one of the images has no finite value. The field of a
 * measure that came later is absent in older results.
 */
export interface ResultPoint extends Measured<number | null> {
  /** Quality, or name of a model of fixed rate. */
  readonly setting: string;
  /** The model that made it, if one of ours did. */
  readonly model?: PointModel | undefined;
  /** Mean over the images of 8 * bytes / pixels. */
  readonly bitsPerPixel: number;
  /** -10 log10(1 - msSsim) of the mean. */
  readonly msSsimDb: number | null;
  /** Mean over the images. */
  readonly encodeMs?: number | undefined;
  /** Mean over the images. */
  readonly decodeMs?: number | undefined;
  /** Lists in the order of `meta.images`; there if measured. */
  readonly images?: PerImage | undefined;
}

/** A model as a point names it. */
export interface PointModel {
  readonly name: string;
  /** SHA-256 of the model file, hexadecimal. */
  readonly identity: string;
  /** 0..100, of a model of variable rate. */
  readonly quality?: number | undefined;
  /** 1..9; absent for 0. */
  readonly effort?: number | undefined;
}

/** Values of each image. */
export interface PerImage extends Measured<readonly (number | null)[]> {
  readonly bytes: readonly number[];
  readonly encodeMs: readonly number[];
  readonly decodeMs: readonly number[];
}

/** One codec: its points, from small files to large ones. */
export interface ResultCurve {
  /** Short name for commands: small letters, digits, `.+-`. */
  readonly codec: string;
  /** Name for legends. */
  readonly label: string;
  readonly settings: string;
  readonly points: readonly ResultPoint[];
}

/** An image by its content. */
export interface ResultImage {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
}

interface CommonMeta {
  /** Name of the set of images. */
  readonly imageSet: string;
  readonly note: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** Where measured numbers come from. */
export interface MeasuredMeta extends CommonMeta {
  readonly source: "measured";
  /** Null where no checkout was at hand. */
  readonly commit: string | null;
  /** Whether code or weights differed from the commit. */
  readonly uncommittedChanges: boolean | null;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Processes that measured at the same time. */
  readonly processes: number;
  /** Of the last run, if it was interrupted. */
  readonly wallSeconds: number;
  readonly images: readonly ResultImage[];
}

/** Where quoted numbers come from. */
export interface QuotedMeta extends CommonMeta {
  readonly source: "quoted";
  readonly quotedFrom: readonly string[];
  readonly imageCount: number;
}

/** A whole file of results. */
export interface EvaluationResult {
  readonly meta: MeasuredMeta | QuotedMeta;
  readonly curves: readonly ResultCurve[];
}

/** A field for every measure. */
type Fields = Readonly<Record<MeasureName, z.ZodType>>;

const quality: z.ZodType<number | null> = z.number().nullable();
const sha256: z.ZodType<string> = z.string().regex(/^[0-9a-f]{64}$/);

/** The measures of a point, and those of each image. */
const measured = { psnrDb: quality, msSsim: quality, ssimulacra2: quality.optional() } satisfies Fields;
const measuredOfEach = {
  psnrDb: z.array(quality),
  msSsim: z.array(quality),
  ssimulacra2: z.array(quality).optional(),
} satisfies Fields;

const perImage: z.ZodType<PerImage> = z.strictObject({
  bytes: z.array(z.int().min(1)),
  ...measuredOfEach,
  encodeMs: z.array(z.number().min(0)),
  decodeMs: z.array(z.number().min(0)),
});

const pointModel: z.ZodType<PointModel> = z.strictObject({
  name: z.string().min(1),
  identity: sha256,
  quality: z.number().min(0).max(100).optional(),
  effort: z.int().min(1).max(9).optional(),
});

const point: z.ZodType<ResultPoint> = z.strictObject({
  setting: z.string(),
  model: pointModel.optional(),
  bitsPerPixel: z.number().positive(),
  ...measured,
  msSsimDb: quality,
  encodeMs: z.number().min(0).optional(),
  decodeMs: z.number().min(0).optional(),
  images: perImage.optional(),
});

const curve: z.ZodType<ResultCurve> = z.strictObject({
  codec: z.string().regex(/^[a-z0-9][a-z0-9.+-]*$/),
  label: z.string().min(1),
  settings: z.string(),
  points: z.array(point).min(1),
});

const image: z.ZodType<ResultImage> = z.strictObject({
  name: z.string().min(1),
  width: z.int().min(1),
  height: z.int().min(1),
  sha256,
});

const text: z.ZodType<string> = z.string();
const date: z.ZodType<string> = z.iso.date();

const meta: z.ZodType<MeasuredMeta | QuotedMeta> = z.discriminatedUnion("source", [
  z.strictObject({
    source: z.literal("measured"),
    imageSet: text,
    note: text,
    date,
    commit: z.string().nullable(),
    uncommittedChanges: z.boolean().nullable(),
    machine: text,
    versions: z.record(z.string(), z.string()),
    processes: z.int().min(1),
    wallSeconds: z.number().min(0),
    images: z.array(image).min(1),
  }),
  z.strictObject({
    source: z.literal("quoted"),
    imageSet: text,
    note: text,
    date,
    quotedFrom: z.array(text).min(1),
    imageCount: z.int().min(1),
  }),
]);

const result: z.ZodType<EvaluationResult> = z
  .strictObject({ meta, curves: z.array(curve).min(1) })
  .superRefine(({ meta, curves }, context) => {
    const complain = (message: string): void => context.addIssue({ code: "custom", message });
    const codecs = new Set<string>();
    for (const { codec, points } of curves) {
      if (codecs.has(codec)) complain(`got the codec "${codec}" twice`);
      codecs.add(codec);
      if (meta.source === "quoted") continue;
      for (const { setting, images } of points) {
        const lengths =
          images === undefined ? [0] : Object.values(images).map((list: readonly unknown[]) => list.length);
        if (lengths.some((length) => length !== meta.images.length)) {
          complain(
            `${codec}, ${setting}: got rows of ${lengths.join(", ")} images, expected ${meta.images.length} of each`,
          );
        }
      }
    }
  });

/** Checks a parsed document. @param where opens the message. @throws {HalfstepError} `bad-result`, with the field. */
export function parseResult(document: unknown, where: string): EvaluationResult {
  return parseWith(
    result,
    document,
    (problem) => new HalfstepError("bad-result", `${where}: ${problem}; expected what "halfstep evaluate" writes`),
  );
}

/** Reads a file of results. @throws {HalfstepError} `cannot-read`, `bad-result`. */
export async function readResult(file: string): Promise<EvaluationResult> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const cause = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new HalfstepError("cannot-read", `${file}: cannot be read (${cause}); name a file of results`, {
      cause: error,
    });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new HalfstepError("bad-result", `${file}: got text that is not JSON; name a file of results`, {
      cause: error,
    });
  }
  return parseResult(document, file);
}

/** The text of a file of results: indented, lists of numbers on one line. */
export function resultText(value: object): string {
  const lists = /\[\s+((?:-?[\d.]+(?:e[+-]?\d+)?|null)(?:,\s+(?:-?[\d.]+(?:e[+-]?\d+)?|null))*)\s+\]/g;
  const text = JSON.stringify(value, null, 1).replace(
    lists,
    (_, numbers: string) => `[${numbers.replace(/\s+/g, "")}]`,
  );
  return `${text}\n`;
}
