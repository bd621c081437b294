/** What the queue knows of runs that are not over. */
import { type Job, type JobType, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { PREFIX, RUNS_QUEUE } from "../queue/queue-names.ts";

/** How far a run is, as its worker says every few seconds. */
export interface RunProgress {
  readonly step: number;
  readonly steps: number;
  readonly secondsLeft: number;
  /** Machine and process. */
  readonly worker: string;
}

const progressSchema: z.ZodType<RunProgress> = z.object({
  step: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  secondsLeft: z.number(),
  worker: z.string(),
});

/** The state of a job that is not over, and how far it is. */
export interface QueuedRun {
  readonly state: "running" | "begun" | "ready" | "waiting" | "failed";
  readonly step: number;
  /** Why it failed. */
  readonly reason: string | undefined;
}

const STATES: Readonly<Record<string, QueuedRun["state"]>> = {
  active: "running",
  waiting: "ready",
  paused: "ready",
  prioritized: "ready",
  delayed: "ready",
  "waiting-children": "waiting",
  failed: "failed",
};

/** All jobs of runs that are not over, by their names. */
export async function queuedRuns(connection: Redis): Promise<ReadonlyMap<string, QueuedRun>> {
  const queue = new Queue(RUNS_QUEUE, { connection, prefix: PREFIX });
  try {
    const found = new Map<string, QueuedRun>();
    for (const [type, state] of Object.entries(STATES)) {
      for (const job of await queue.getJobs([type as JobType])) {
        if (job?.id !== undefined) found.set(job.id, queuedRun(job, state));
      }
    }
    return found;
  } finally {
    await queue.close();
  }
}

function queuedRun({ progress, failedReason }: Job, state: QueuedRun["state"]): QueuedRun {
  const step = progressSchema.safeParse(progress).data?.step ?? 0;
  return {
    state: state === "ready" && step > 0 ? "begun" : state,
    step,
    reason: state === "failed" ? (failedReason ?? "unknown") : undefined,
  };
}
