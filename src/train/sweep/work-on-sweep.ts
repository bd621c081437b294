/** One process at work on a plan: takes runs from a queue until none is left, a limit is reached or somebody says stop. */
import { HalfstepError } from "../../errors.ts";
import type { TrainProgress } from "../loop.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ClaimedRun, RunEnd, RunExecutor, RunQueue } from "./run-queue.ts";
import type { RunResult } from "./run-result.ts";

/** Failures that the next run would meet too. */
const FATAL_CODES: readonly string[] = [
  "cannot-write",
  "cannot-read",
  "missing-dataset",
  "bad-dataset",
  "no-images",
  "device-unavailable",
  "store-failed",
  "other-store",
];

/** Whether an error ends the process, and not one run alone: one that the next run would meet too, or that nobody expected. */
export function endsWork(error: unknown): boolean {
  return !(error instanceof HalfstepError) || FATAL_CODES.includes(error.code);
}

/** Options of {@link workOnSweep}. */
export interface SweepWorkOptions {
  readonly queue: RunQueue;
  readonly execute: RunExecutor;
  /** Stops at the next step; the run is given back with a checkpoint. */
  readonly signal: AbortSignal;
  /** Stops after so many runs that are over. Default: none. */
  readonly maxRuns?: number;
  readonly onBegin?: (run: PlannedRun) => void;
  readonly onEnd?: (run: PlannedRun, end: RunEnd | { readonly type: "failed"; readonly message: string }) => void;
  readonly onWarning?: (run: PlannedRun, warning: string) => void;
  readonly onProgress?: (run: PlannedRun, progress: TrainProgress) => void;
}

/** What a process did. */
export interface SweepWork {
  /** Why it ended: nothing is left for it, `maxRuns`, or the signal. */
  readonly outcome: "done" | "limit" | "stopped";
  readonly results: readonly { readonly run: PlannedRun; readonly result: RunResult }[];
  /** Runs that could not be trained, and are left for a later start. */
  readonly failures: readonly { readonly run: PlannedRun; readonly message: string }[];
}

/**
 * Works until nothing is left. A run that fails is given back and noted, and the next one is taken.
 * @throws HalfstepError where every run would fail alike: the disk is full, or the images cannot be read
 */
export async function workOnSweep(options: SweepWorkOptions): Promise<SweepWork> {
  const { queue, signal, maxRuns = Number.POSITIVE_INFINITY, onBegin, onEnd } = options;
  const results: { run: PlannedRun; result: RunResult }[] = [];
  const failures: { run: PlannedRun; message: string }[] = [];
  const ended = (outcome: SweepWork["outcome"]): SweepWork => ({ outcome, results, failures });
  while (results.length < maxRuns) {
    const claimed = await queue.take(signal);
    if (claimed === undefined) return ended(signal.aborted ? "stopped" : "done");
    const { run } = claimed;
    onBegin?.(run);
    const end = await executeOne(options, claimed);
    if (end.type === "over") {
      await claimed.finish(end.result);
      results.push({ run, result: end.result });
    } else await claimed.giveBack();
    if (end.type === "failed") failures.push({ run, message: end.message });
    onEnd?.(run, end);
    if (end.type === "stopped") return ended("stopped");
  }
  return ended("limit");
}

async function executeOne(
  options: SweepWorkOptions,
  claimed: ClaimedRun,
): Promise<RunEnd | { readonly type: "failed"; readonly message: string }> {
  const { execute, signal, onWarning, onProgress } = options;
  const { run } = claimed;
  try {
    return await execute(claimed, signal, {
      onWarning: (warning) => onWarning?.(run, warning),
      onProgress: (progress) => onProgress?.(run, progress),
    });
  } catch (error) {
    if (!endsWork(error)) return { type: "failed", message: (error as HalfstepError).message };
    await claimed.giveBack();
    throw error;
  }
}
