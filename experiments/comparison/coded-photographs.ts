/**
 * The form of `results/measured/comparison-kodak.json`: real files of test photographs by the networks that the comparison trained. This file checks the
 * form, and refuses unknown fields.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { HalfstepError } from "../../src/errors.ts";
import type { ComparedResult } from "../../src/lab/paired-effects.ts";
import type { Surroundings } from "../../src/surroundings.ts";
import type { SweepResult } from "../../src/train/sweep/collect-results.ts";

/** Where they are kept. */
export const CODED_PHOTOGRAPHS: string = fileURLToPath(
  new URL("../../results/measured/comparison-kodak.json", import.meta.url),
);

/** What one run's network makes of the photographs. All are means over the photographs. */
export interface CodedRun {
  readonly plan: string;
  /** Name of the run in its plan, as `fork/0.013/mixed/s1`. */
  readonly run: string;
  readonly id: string;
  readonly lambda: number;
  /** Of whole files. */
  readonly bitsPerPixel: number;
  /** Of decoded pixels, scaled to 0..1. */
  readonly meanSquaredError: number;
  /** Decibels. */
  readonly psnrDb: number;
  readonly msSsim: number;
}

/** The whole file. */
export interface CodedPhotographs {
  readonly version: 1;
  readonly meta: Surroundings & {
    readonly source: "measured";
    /** YYYY-MM-DD. */
    readonly date: string;
    /** Which photographs, and how the latents were rounded. */
    readonly images: string;
  };
  readonly runs: readonly CodedRun[];
}

const number = z.number();
const schema: z.ZodType<CodedPhotographs> = z.strictObject({
  version: z.literal(1),
  meta: z.strictObject({
    source: z.literal("measured"),
    date: z.iso.date(),
    images: z.string(),
    machine: z.string(),
    versions: z.record(z.string(), z.string()),
    commit: z.string().nullable(),
    uncommittedChanges: z.boolean().nullable(),
  }),
  runs: z.array(
    z.strictObject({
      plan: z.string(),
      run: z.string(),
      id: z.string(),
      lambda: number,
      bitsPerPixel: number,
      meanSquaredError: number,
      psnrDb: number,
      msSsim: number,
    }),
  ),
});

/** The file, or null where there is none yet. @throws {HalfstepError} `bad-result` for another form */
export function readCodedPhotographs(file: string = CODED_PHOTOGRAPHS): CodedPhotographs | null {
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HalfstepError("bad-result", `${file}: ${reason}; measure it again with code-photographs.ts`);
  }
}

/**
 * The collected results of the runs whose files were measured, with the loss of these files (bits per pixel + lambda * 255^2 * mean squared error) in the
 * place of the loss on validation crops.
 */
export function resultsOfFiles(results: readonly SweepResult[], coded: readonly CodedRun[]): readonly ComparedResult[] {
  const byId = new Map(coded.map((run) => [run.id, run]));
  return results.map(({ meta, runs }) => ({
    meta,
    runs: runs.flatMap(({ stage, values, seed, result }) => {
      const files = byId.get(result.id);
      if (files === undefined) return [];
      const { bitsPerPixel, meanSquaredError, psnrDb, lambda } = files;
      const loss = bitsPerPixel + lambda * 255 ** 2 * meanSquaredError;
      return [{ stage, values, seed, result: { status: "finished" as const, hard: { loss, bitsPerPixel, psnrDb } } }];
    }),
  }));
}
