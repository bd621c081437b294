/**
 * A batch of pictures as it stands in the queue: names of files below two folders of the store, the model that codes them and how. It is
 * trusted as little as a file from a stranger.
 */
import { z } from "zod";
import { HalfstepError } from "../../errors.ts";
import { parseWith } from "../../parse-with.ts";
import { checkKey } from "../store/store.ts";

/** How pictures are coded. */
export interface PictureSettings {
  /** 0 to 100; absent: the model's usual one. */
  readonly quality?: number | undefined;
  readonly rounding?: "economical" | "nearest" | undefined;
}

/** A batch. */
export interface PictureJob {
  readonly version: 1;
  /** Identity of the store. */
  readonly store: string;
  /** Identity of the model. */
  readonly model: string;
  readonly settings: PictureSettings;
  /** Folders in the store: of the pictures, and of what they become. */
  readonly from: string;
  readonly to: string;
  /** Below `from`. */
  readonly files: readonly string[];
}

/** What became of a batch. */
export interface PictureBatchResult {
  readonly coded: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of fetching, coding and storing. */
  readonly milliseconds: number;
  readonly failed: readonly ToldFile[];
  /** What is to be said of pictures that were coded. */
  readonly notes: readonly ToldFile[];
}

/** A sentence about a file. */
export type ToldFile = { readonly file: string; readonly message: string };

const schema = z.strictObject({
  version: z.literal(1),
  store: z.uuid(),
  model: z.string().min(1).max(200),
  settings: z.strictObject({
    quality: z.number().min(0).max(100).optional(),
    rounding: z.enum(["economical", "nearest"]).optional(),
  }),
  from: z.string().min(1),
  to: z.string().min(1),
  files: z.array(z.string().min(1)).min(1).max(10_000),
});

const toldFile = z.strictObject({ file: z.string(), message: z.string() });
const count = z.int().nonnegative();

/** The form of what a batch gives. */
export const batchResultSchema: z.ZodType<PictureBatchResult> = z.strictObject({
  coded: count,
  bytesIn: count,
  bytesOut: count,
  milliseconds: z.number().nonnegative(),
  failed: z.array(toldFile),
  notes: z.array(toldFile),
});

/** Reads what was in the queue. @throws {HalfstepError} `bad-job`, `bad-key` */
export function parsePictureJob(data: unknown): PictureJob {
  const job = parseWith(
    schema,
    data,
    (problem) => new HalfstepError("bad-job", `job: ${problem}; expected a job of halfstep compress --queue`),
  );
  for (const file of job.files) {
    checkKey(`${job.from}/${file}`);
    checkKey(outputKey(job.to, file));
  }
  return job;
}

/** Where the stream of a picture goes: under its name, with ".hst" in place of its ending. */
export function outputKey(to: string, file: string): string {
  return `${to}/${file.replace(/\.[^./]*$/, "")}.hst`;
}
