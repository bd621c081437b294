/** Trains one run of a plan; what the pilot and the ladder share. */
import { existsSync, writeFileSync } from "node:fs";
import { HalfstepError } from "../src/errors.ts";
import { createTrainStep, startTraining, type TrainConfig } from "../src/train/index.ts";

/** Where a plan notes that a run diverged: beside its folder, which a resumed run owns. */
export function divergedFile(folder: string): string {
  return `${folder}.diverged.txt`;
}

/**
 * Begins a run, or goes on with it. That a run diverges is a result, and is noted; that another process holds it is not an error.
 * @returns how it ended, in a few words
 * @throws what training throws otherwise
 */
export async function trainRun(config: TrainConfig, folder: string, signal: AbortSignal): Promise<string> {
  if (existsSync(divergedFile(folder))) return "diverged before";
  try {
    const resume = existsSync(folder);
    const { outcome, step } = await startTraining({ config, createStep: createTrainStep, folder, resume, signal });
    return `${outcome} at step ${step}`;
  } catch (error) {
    if (!(error instanceof HalfstepError)) throw error;
    if (error.code === "diverged") writeFileSync(divergedFile(folder), `${error.message}\n`);
    else if (error.code !== "run-locked") throw error;
    return error.message;
  }
}
