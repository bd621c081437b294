/** What the pilot makes of a run: its training loss at the end, and the figures of the study at its final weights. */
import type { NetworkStudy } from "../../src/lab/trained/index.ts";
import { relativeFigures } from "../../src/lab/trained/index.ts";
import type { TrainConfig } from "../../src/train/index.ts";
import type { PilotRow } from "./pilot-result.ts";

/** Steps at the end of a run over which its training loss is averaged; fewer where its last stage is shorter. */
export const LAST_STEPS = 200;

/** A line of a run's metrics. */
export interface MetricsLine {
  readonly type: string;
  /** Counts from 1. */
  readonly step: number;
  readonly loss: number;
  readonly bitsPerPixel: number;
  readonly psnrDb: number;
}

type Stages = Pick<TrainConfig, "steps"> & { readonly surrogate: Pick<TrainConfig["surrogate"], "hardFrom"> };

/** Mean training loss over the last steps, all of them of the last stage. */
export function trainingLossOf(
  entries: readonly MetricsLine[],
  { steps, surrogate: { hardFrom = 0 } }: Stages,
): number {
  // Training counts steps from 0, and is in its last stage from hardFrom * steps on.
  const last = entries.filter(
    ({ type, step }) => type === "train" && step > steps - LAST_STEPS && step - 1 >= hardFrom * steps,
  );
  return last.reduce((sum, { loss }) => sum + loss, 0) / last.length;
}

/** Mismatch and gradient noise of the one pair of a study. @param hardFrom of the run's surrogates */
export function studiedFigures(
  { pairs, hard }: NetworkStudy,
  hardFrom: number | undefined,
): Pick<PilotRow, "mismatch" | "encoderGradientNoise" | "encoderGradientNoiseAbove"> {
  const figures = pairs[0];
  if (figures === undefined) throw new Error("internal: the study gave nothing");
  const { value, low, high } = figures.lossMismatch;
  const { relativeVariance, varianceIsBound } = relativeFigures(figures, hard);
  return {
    mismatch: { value, low, high },
    // In the second of two stages the encoder is frozen: what the study differentiates, training does not.
    ...(hardFrom !== undefined
      ? { encoderGradientNoise: null }
      : varianceIsBound
        ? { encoderGradientNoise: null, encoderGradientNoiseAbove: relativeVariance }
        : { encoderGradientNoise: relativeVariance }),
  };
}
