/** Sweeps: plans of training runs, worked on by any number of processes. */
export { chooseRuns } from "./choose-runs.ts";
export { collectResults, type SweepResult, sweepResultSchema, sweepResultText } from "./collect-results.ts";
export { type ExpandedPlan, expandPlanFile } from "./expand-plan.ts";
export { FolderQueue } from "./folder-queue.ts";
export type { PlannedRun } from "./planned-run.ts";
export type { ClaimedRun, RunEnd, RunExecutor, RunQueue } from "./run-queue.ts";
export type { RunResult } from "./run-result.ts";
export { SweepFolder } from "./sweep-folder.ts";
export { type QueuedState, type RunState, type RunStatus, type SweepStatus, sweepStatus } from "./sweep-status.ts";
export { plannedRunExecutor } from "./train-planned-run.ts";
export { type SweepWork, workOnSweep } from "./work-on-sweep.ts";
