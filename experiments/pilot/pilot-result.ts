/**
 * The form of `results/measured/pilot.json`: what each run of the pilot gave. This file checks it, and refuses unknown fields.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** The plan of its runs. */
export const PILOT_PLAN: string = fileURLToPath(new URL("plan.json", import.meta.url));

/** Where the pilot's measurements are kept. */
export const PILOT_RESULT: string = fileURLToPath(new URL("../../results/measured/pilot.json", import.meta.url));

/** What one run gave; losses are bits per pixel + lambda * 255^2 * mean squared error. */
export interface PilotRow {
  readonly pair: string;
  readonly lambda: number;
  readonly status: "finished" | "diverged";
  /** Mean over the last steps of the last stage, as training saw them. */
  readonly trainingLoss: number | null;
  /** With real rounding, on the crops that were not trained on. */
  readonly hardLoss: number | null;
  readonly hardBitsPerPixel: number | null;
  readonly hardPsnrDb: number | null;
  /** Loss with the surrogates minus loss with real rounding, on the samples. With the bounds of 95 % over images, if they are known. */
  readonly mismatch: { readonly value: number; readonly low: number | null; readonly high: number | null } | null;
  /**
   * Variance of the encoder's gradient over draws of noise, in parts of the squared norm of its mean. Null where the encoder gets no
   * gradient (the second of two stages) and where only a bound is known.
   */
  readonly encoderGradientNoise: number | null;
  /** A lower bound of the noise, if the draws left nothing of the mean. */
  readonly encoderGradientNoiseAbove?: number | undefined;
}

/** The whole file. */
export interface PilotResult {
  readonly meta: {
    readonly source: "measured";
    readonly plan: string;
    /** What a reader must know. */
    readonly note?: string | undefined;
    readonly finished: number;
    readonly planned: number;
    /** Null where the program does not run from a checkout. */
    readonly commit: string | null;
    /** As in other results. The first measurement lacks it, and lacks the versions. */
    readonly uncommittedChanges?: boolean | null | undefined;
    /** YYYY-MM-DD. */
    readonly date: string;
    readonly machine: string;
    readonly versions?: Readonly<Record<string, string>> | undefined;
  };
  /** In the order of the plan. */
  readonly rows: readonly PilotRow[];
}

const number = z.number().nullable();
const pilot: z.ZodType<PilotResult> = z.strictObject({
  meta: z.strictObject({
    source: z.literal("measured"),
    plan: z.string(),
    note: z.string().optional(),
    finished: z.int().nonnegative(),
    planned: z.int().positive(),
    commit: z.string().nullable(),
    uncommittedChanges: z.boolean().nullable().optional(),
    date: z.iso.date(),
    machine: z.string(),
    versions: z.record(z.string(), z.string()).optional(),
  }),
  rows: z.array(
    z.strictObject({
      pair: z.string(),
      lambda: z.number().positive(),
      status: z.enum(["finished", "diverged"]),
      trainingLoss: number,
      hardLoss: number,
      hardBitsPerPixel: number,
      hardPsnrDb: number,
      mismatch: z.strictObject({ value: z.number(), low: number, high: number }).nullable(),
      encoderGradientNoise: number,
      encoderGradientNoiseAbove: z.number().optional(),
    }),
  ),
});

/** Reads the measurements. @throws {ZodError} for another form. */
export function readPilot(): PilotResult {
  return pilot.parse(JSON.parse(readFileSync(PILOT_RESULT, "utf8")));
}
