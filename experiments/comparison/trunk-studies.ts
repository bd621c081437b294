/**
 * The form of `results/measured/comparison-trunks.json`: what every arm does to a trunk, before the trunk is trained with it. This file checks the
 * form, and refuses unknown fields.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { HalfstepError } from "../../src/errors.ts";
import type { Surroundings } from "../../src/surroundings.ts";

/** Where the studies are kept. */
export const TRUNK_STUDIES: string = fileURLToPath(
  new URL("../../results/measured/comparison-trunks.json", import.meta.url),
);

/** A mean over images, with its 95 % interval if there are several. */
export interface MeanOverImages {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What one arm does to a trunk. */
export interface ArmStudy {
  readonly arm: string;
  /** Loss with the surrogates minus loss with real rounding. */
  readonly mismatch: MeanOverImages;
  /** Squared distance of the encoder's mean gradient from that under `aun`. The rest of the noise is subtracted, so it may be slightly negative. */
  readonly bias: number;
  /** Variance of the encoder's gradient over draws, summed over its weights. */
  readonly variance: number;
}

/** One trunk under all arms. */
export interface TrunkStudy {
  readonly plan: string;
  /** Name of the run in its plan, as `trunk/0.013/s1`. */
  readonly trunk: string;
  readonly id: string;
  readonly lambda: number;
  /** Loss with real rounding, on the crops of the study. */
  readonly hardLoss: number;
  /** Squared norm of the encoder's mean gradient under `aun`. Bias and variance are told in parts of it. */
  readonly gradientSquared: number;
  readonly arms: readonly ArmStudy[];
}

/** The whole file. */
export interface TrunkStudies {
  readonly version: 1;
  readonly meta: Surroundings & {
    readonly source: "measured";
    /** YYYY-MM-DD. */
    readonly date: string;
    /** Images, their crops and the draws of noise for each. */
    readonly study: string;
  };
  readonly trunks: readonly TrunkStudy[];
}

const number = z.number();
const schema: z.ZodType<TrunkStudies> = z.strictObject({
  version: z.literal(1),
  meta: z.strictObject({
    source: z.literal("measured"),
    date: z.iso.date(),
    study: z.string(),
    machine: z.string(),
    versions: z.record(z.string(), z.string()),
    commit: z.string().nullable(),
    uncommittedChanges: z.boolean().nullable(),
  }),
  trunks: z.array(
    z.strictObject({
      plan: z.string(),
      trunk: z.string(),
      id: z.string(),
      lambda: number,
      hardLoss: number,
      gradientSquared: number,
      arms: z.array(
        z.strictObject({
          arm: z.string(),
          mismatch: z.strictObject({ value: number, low: number.nullable(), high: number.nullable() }),
          bias: number,
          variance: number,
        }),
      ),
    }),
  ),
});

/** The studies, or null where there are none yet. @throws {HalfstepError} `bad-result` for another form */
export function readTrunkStudies(file: string = TRUNK_STUDIES): TrunkStudies | null {
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HalfstepError("bad-result", `${file}: ${reason}; measure it again with study-trunks.ts`);
  }
}
