/** Trains one run of a plan in this process. */
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { HalfstepError } from "../../errors.ts";
import type { Surroundings } from "../../surroundings.ts";
import { checkpointSteps, keepOnlyCheckpoint, loadCheckpoint } from "../checkpoint.ts";
import type { TrainConfig } from "../config.ts";
import { DivergedError } from "../divergence.ts";
import { isLocked, LOCK_FILE } from "../run-lock.ts";
import { startTraining } from "../start-training.ts";
import type { TrainStep } from "../train-step.ts";
import type { RunEnd, RunExecutor } from "./run-queue.ts";
import { type ResultContext, resultOfRun } from "./run-result.ts";

/** Options of {@link plannedRunExecutor}. */
export interface PlannedRunOptions {
  /** Folder of packed images. */
  readonly data: string;
  /** Their identity. */
  readonly dataHash: string;
  readonly threads: number;
  readonly createStep: (config: TrainConfig) => Promise<TrainStep>;
  readonly meta: Surroundings;
  /** A clock. Default: the machine's. */
  readonly now?: () => Date;
}

/**
 * An executor that trains in this process, by {@link startTraining}. A run that is over keeps its last checkpoint, without the optimizer's
 * state. It throws what `startTraining` throws, except divergence, which is a result, and "run-locked".
 */
export function plannedRunExecutor(options: PlannedRunOptions): RunExecutor {
  const { data, dataHash, threads, createStep, meta, now = () => new Date() } = options;
  return async ({ run, folder, startFrom }, signal, listener): Promise<RunEnd> => {
    const over = (diverged?: ResultContext["diverged"]): RunEnd => {
      const context = { dataHash, meta, finished: now(), ...(diverged === undefined ? {} : { diverged }) };
      return { type: "over", result: resultOfRun(run, folder, context) };
    };
    const { steps } = run.config;
    if (!isTrained(folder, steps)) {
      forgetBeginning(folder);
      try {
        const { outcome, step } = await startTraining({
          config: { ...run.config, data, threads },
          createStep,
          folder,
          resume: existsSync(folder),
          keepOptimizer: false,
          signal,
          ...(startFrom === undefined ? {} : { startFrom }),
          ...listener,
        });
        if (outcome === "stopped") return { type: "stopped", step };
      } catch (error) {
        if (error instanceof DivergedError) return over({ step: error.step, problem: error.problem });
        if (error instanceof HalfstepError && error.code === "run-locked")
          return { type: "held", message: error.message };
        throw error;
      }
    }
    keepOnlyCheckpoint(folder, steps);
    return over();
  };
}

/**
 * Removes a run that was stopped before its first checkpoint: nothing of it counts, and what it says of where the images were may be out of date.
 * The caller holds the run; a trainer that knows of no claims is left alone.
 */
function forgetBeginning(folder: string): void {
  if (!existsSync(folder) || checkpointSteps(folder).length > 0 || isLocked(path.join(folder, LOCK_FILE))) return;
  rmSync(folder, { recursive: true });
}

/** Whether an earlier process took the last step and died before it could say so. */
function isTrained(folder: string, steps: number): boolean {
  return checkpointSteps(folder)[0] === steps && loadCheckpoint(folder).checkpoint.step === steps;
}
