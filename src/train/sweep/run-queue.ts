/**
 * Between a plan's runs and those who train them. A queue gives out runs, each to one process at a time, and takes in results; an executor
 * trains one run. `folder-queue.ts` and `train-planned-run.ts` are the ones there are: a folder that processes share, and this process. A
 * queue on a server takes the place of the first and leaves plans, results and executor as they are.
 */
import type { TrainProgress } from "../loop.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { RunResult } from "./run-result.ts";

/** A run that nobody else works on until it is finished or given back. */
export interface ClaimedRun {
  readonly run: PlannedRun;
  /** The folder of its training, where its checkpoints are if it was begun before. */
  readonly folder: string;
  /** Folder or file of the weights that it begins with; undefined from scratch. */
  readonly startFrom: string | undefined;
  /** Takes in its result: the run is over, for everybody and for ever. */
  finish(result: RunResult): Promise<void>;
  /** Gives it back unfinished. This queue object does not give it out again; another, and a later start, may. */
  giveBack(): Promise<void>;
}

/** Gives out the runs of a plan. */
export interface RunQueue {
  /**
   * The next run that can be worked on; waits while all that is left hangs on runs that others are working on.
   * @returns undefined when nothing is left for this process, or the signal is aborted
   */
  take(signal: AbortSignal): Promise<ClaimedRun | undefined>;
}

/** How the work on a run ended. */
export type RunEnd =
  | { readonly type: "over"; readonly result: RunResult }
  /** By the signal, at a checkpoint. */
  | { readonly type: "stopped"; readonly step: number }
  /** Another process trains in its folder, one that does not know of the queue. */
  | { readonly type: "held"; readonly message: string };

/** What an executor may say while it works. */
export interface RunListener {
  readonly onWarning?: (warning: string) => void;
  readonly onProgress?: (progress: TrainProgress) => void;
}

/** Trains a run, or goes on with it, until it is over or the signal stops it. */
export type RunExecutor = (claimed: ClaimedRun, signal: AbortSignal, listener: RunListener) => Promise<RunEnd>;
