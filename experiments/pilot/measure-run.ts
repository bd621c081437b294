/** The row of one run of the pilot: its result, and a study of its final network. */
import type { SurrogatePair } from "../../src/lab/running/surrogate-pairs.ts";
import {
  type NetworkStudy,
  networkOfRun,
  openGraphOn,
  readCrops,
  relativeFigures,
  SAMPLE_FOLDER,
  studyNetwork,
} from "../../src/lab/trained/index.ts";
import type { PlannedRun } from "../../src/train/sweep/planned-run.ts";
import type { SweepFolder } from "../../src/train/sweep/sweep-folder.ts";
import type { PilotResult, PilotRow } from "./pilot-result.ts";

/** How a network is studied: squares of the samples, and draws of noise for each. */
export interface StudySize {
  /** Side of a square, in pixels. */
  readonly crop: number;
  readonly crops: number;
  readonly draws: number;
}

const USUAL_STUDY: StudySize = { crop: 256, crops: 6, draws: 4 };
const ROUNDING: SurrogatePair = { name: "ste", rate: "ste", distortion: "ste", hardFrom: null };
const NOTHING = {
  trainingLoss: null,
  hardLoss: null,
  hardBitsPerPixel: null,
  hardPsnrDb: null,
  mismatch: null,
  encoderGradientNoise: null,
} as const;

/**
 * The row of a run, or null if it is not over.
 * @param run of the pilot's plan
 * @throws {HalfstepError} `bad-result`, `missing-checkpoint` and `bad-checkpoint` for what the folder should hold
 */
export async function pilotRow(
  { id, name, values, config }: PlannedRun,
  sweep: SweepFolder,
  size: StudySize = USUAL_STUDY,
): Promise<PilotRow | null> {
  const result = sweep.readResult(id);
  if (result === undefined) return null;
  const { status, training, hard } = result;
  const { pair = name } = values;
  const { lambda, surrogate } = config;
  if (status === "diverged") return { pair, lambda, status, ...NOTHING };
  const { rate, distortion, hardFrom } = surrogate;
  // At the end of two-stage training both paths round, so the mismatch is that of real rounding.
  const studied = hardFrom === undefined ? { name: pair, rate, distortion, hardFrom: null } : ROUNDING;
  const network = await networkOfRun(sweep.runFolder(id));
  const crops = await readCrops([SAMPLE_FOLDER], size.crop, size.crops);
  const study = await studyNetwork(network, crops, { pairs: [studied], draws: size.draws }, openGraphOn("cpu"));
  return {
    pair,
    lambda,
    status,
    trainingLoss: training?.loss ?? null,
    hardLoss: hard?.loss ?? null,
    hardBitsPerPixel: hard?.bitsPerPixel ?? null,
    hardPsnrDb: hard?.psnrDb ?? null,
    ...studiedFigures(study, hardFrom),
  };
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
    // In the second of two stages the encoder is frozen. The study would differentiate what training does not.
    ...(hardFrom !== undefined
      ? { encoderGradientNoise: null }
      : varianceIsBound
        ? { encoderGradientNoise: null, encoderGradientNoiseAbove: relativeVariance }
        : { encoderGradientNoise: relativeVariance }),
  };
}

/** What an earlier result says of a run. Null if it says nothing. */
export function keptRow({ name, values, config }: PlannedRun, earlier: PilotResult | null): PilotRow | null {
  const { pair = name } = values;
  return earlier?.rows.find((row) => row.pair === pair && row.lambda === config.lambda) ?? null;
}
