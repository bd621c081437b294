/** Where a plan stands in a folder: the state of each run, what it cost or will cost. Reads only; may be called while others train. */
import { existsSync } from "node:fs";
import path from "node:path";
import { checkpointSteps } from "../checkpoint.ts";
import { METRICS_FILE, readMetrics } from "../metrics.ts";
import { isLocked } from "../run-lock.ts";
import { TimeEstimate } from "./estimate.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { RunResult } from "./run-result.ts";
import type { SweepFolder } from "./sweep-folder.ts";

/**
 * "running": a process works on it. "begun": a process did, and it can go on from a checkpoint. "ready": it can begin. "waiting": the run that
 * it begins from is not over. "blocked": that run diverged. "failed": it could not be trained; only a queue that keeps a record says so.
 */
export type RunState = "finished" | "diverged" | "running" | "begun" | "ready" | "waiting" | "blocked" | "failed";

/** What a queue beside the folder says of a run that is not over. */
export interface QueuedState {
  readonly state: RunState;
  readonly step: number;
  /** Why it failed. */
  readonly reason: string | undefined;
}

/** One run of the plan. */
export interface RunStatus {
  readonly run: PlannedRun;
  readonly state: RunState;
  /** Completed steps, of a running one as far as it has written them down. */
  readonly step: number;
  readonly result: RunResult | undefined;
  /** Of one that is over: what it took. Of others: the estimate of the whole. */
  readonly threadHours: number;
  /** Estimate of what is left; 0 for those that are over or blocked. */
  readonly threadHoursLeft: number;
}

/** The plan as a whole. A run that stands in it twice counts once. */
export interface SweepStatus {
  readonly runs: readonly RunStatus[];
  readonly threadHoursUsed: number;
  readonly threadHoursLeft: number;
  /** Processes at work on runs of the plan. */
  readonly running: number;
  /** Whether steps of all kinds that are left were measured in this folder. */
  readonly isMeasured: boolean;
}

/** Looks at all runs. @param queued what the queue says of runs, by identity, where runs are not given out by the folder */
export function sweepStatus(
  folder: SweepFolder,
  runs: readonly PlannedRun[],
  queued?: ReadonlyMap<string, QueuedState>,
): SweepStatus {
  const estimate = new TimeEstimate(folder.readResults());
  const states = new Map<string, RunStatus>();
  for (const run of runs)
    if (!states.has(run.id)) states.set(run.id, runStatus({ folder, estimate, queued }, run, states));
  const once = [...states.values()];
  const sum = (figure: (status: RunStatus) => number): number =>
    once.reduce((total, status) => total + figure(status), 0);
  return {
    runs: runs.map((run) => ({ ...(states.get(run.id) as RunStatus), run })),
    threadHoursUsed: sum(({ result }) => result?.time.threadHours ?? 0),
    threadHoursLeft: sum(({ threadHoursLeft }) => threadHoursLeft),
    running: once.filter(({ state }) => state === "running").length,
    isMeasured: once.every(
      ({ threadHoursLeft, run }) => threadHoursLeft === 0 || estimate.stepMs(run.config).isMeasured,
    ),
  };
}

interface Sources {
  readonly folder: SweepFolder;
  readonly estimate: TimeEstimate;
  readonly queued: ReadonlyMap<string, QueuedState> | undefined;
}

function runStatus(
  { folder, estimate, queued }: Sources,
  run: PlannedRun,
  earlier: ReadonlyMap<string, RunStatus>,
): RunStatus {
  const result = folder.readResult(run.id);
  if (result !== undefined) {
    const { status, steps, time } = result;
    return { run, state: status, step: steps, result, threadHours: time.threadHours, threadHoursLeft: 0 };
  }
  const known = queued?.get(run.id);
  const isHeld = known === undefined && isLocked(folder.claimFile(run.id));
  const step = known?.step ?? stepOf(folder.runFolder(run.id), isHeld);
  const state = known?.state ?? (isHeld ? "running" : step > 0 ? "begun" : stateByTrunk(run, earlier));
  const threadHoursLeft = state === "blocked" ? 0 : estimate.hours(run.config, step);
  return { run, state, step, result, threadHours: estimate.hours(run.config), threadHoursLeft };
}

function stateByTrunk({ start }: PlannedRun, earlier: ReadonlyMap<string, RunStatus>): RunState {
  if (start.type !== "run") return "ready";
  const trunk = earlier.get(start.id)?.state;
  if (trunk === "finished") return "ready";
  return trunk === "diverged" || trunk === "blocked" ? "blocked" : "waiting";
}

/** The step that a run in a folder would go on from, or is at. */
function stepOf(folder: string, isHeld: boolean): number {
  if (!existsSync(path.join(folder, METRICS_FILE))) return 0;
  const saved = checkpointSteps(folder)[0] ?? 0;
  return isHeld ? Math.max(saved, readMetrics(folder).at(-1)?.step ?? 0) : saved;
}
