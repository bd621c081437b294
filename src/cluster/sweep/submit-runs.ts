/**
 * Puts the runs of a plan on the queue. A run that begins from another is a flow: it waits for a job that is over when the other one is. What
 * is over is left out, what is on the queue already stays as it is, what failed is tried again; so a plan may be put there any number of times.
 */
import { readFileSync } from "node:fs";
import { type FlowJob, FlowProducer, Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { PlannedRun } from "../../train/sweep/planned-run.ts";
import { PREFIX, RUNS_QUEUE, TRUNKS_QUEUE } from "../queue/queue-names.ts";
import type { Store } from "../store/store.ts";
import { runJobData, runJobId } from "./run-job.ts";
import { readStoredResult, SweepPlaces, weightsKey } from "./stored-run.ts";

/** Flows that go to Redis at once. */
const FLOWS_AT_ONCE = 100;

/** Options of {@link submitRuns}. */
export interface SubmitOptions {
  readonly store: Store;
  /** Identity of the store. */
  readonly storeId: string;
  /** Folder of the sweep in the store. */
  readonly place: string;
  readonly dataHash: string;
  /** The runs in the order of their training, each after the run that it begins from. */
  readonly runs: readonly PlannedRun[];
}

/** What {@link submitRuns} did, in numbers of runs. */
export interface Submission {
  /** New on the queue, or there again because they failed. */
  readonly put: number;
  /** Were on the queue. */
  readonly there: number;
  /** Are over. */
  readonly over: number;
  /** Begin from a run that diverged. */
  readonly blocked: number;
}

/** A job that waits for a trunk; `trunk` is the name of the trunk's job. */
export interface TrunkJob {
  readonly version: 1;
  readonly store: string;
  readonly place: string;
  /** Identity of the trunk. */
  readonly id: string;
}

/** Puts runs on the queue. */
export async function submitRuns(connection: Redis, options: SubmitOptions): Promise<Submission> {
  const { store, storeId, place, runs } = options;
  const places = new SweepPlaces(place);
  const queue = new Queue(RUNS_QUEUE, { connection, prefix: PREFIX });
  const flows = new FlowProducer({ connection, prefix: PREFIX });
  const counts = { put: 0, there: 0, over: 0, blocked: 0 };
  /** What became of the runs before: a result, or "blocked". */
  const ended = new Map<string, "finished" | "diverged" | "blocked">();
  let batch: FlowJob[] = [];
  try {
    for (const [index, run] of runs.entries()) {
      const { id, start } = run;
      const trunk = start.type === "run" ? ended.get(start.id) : "finished";
      const result = await readStoredResult(store, places, id);
      if (result !== undefined) {
        ended.set(id, result.status);
        counts.over++;
      } else if (trunk === "diverged" || trunk === "blocked") {
        ended.set(id, "blocked");
        counts.blocked++;
      } else if (await isOnQueue(queue, runJobId(storeId, place, id))) counts.there++;
      else {
        if (start.type === "weights") await store.putNew(weightsKey(start.sha256), readFileSync(start.file));
        batch.push(flowOf(run, index, options, trunk === "finished"));
        counts.put++;
      }
      if (batch.length >= FLOWS_AT_ONCE || (index === runs.length - 1 && batch.length > 0)) {
        await flows.addBulk(batch);
        batch = [];
      }
    }
  } finally {
    await flows.close();
    await queue.close();
  }
  return counts;
}

function flowOf(run: PlannedRun, index: number, options: SubmitOptions, isReady: boolean): FlowJob {
  const { storeId, place, dataHash } = options;
  const jobId = runJobId(storeId, place, run.id);
  const data = runJobData({ version: 1, store: storeId, place, dataHash, run });
  // In the order of the plan, whenever a run becomes ready.
  const job = { name: run.name, queueName: RUNS_QUEUE, data, opts: { jobId, priority: index + 1 } };
  if (isReady || run.start.type !== "run") return job;
  const trunk: TrunkJob = { version: 1, store: storeId, place, id: run.start.id };
  const opts = { jobId: `trunk-of-${jobId}`, failParentOnFailure: true, removeOnComplete: true, removeOnFail: true };
  return { ...job, children: [{ name: `trunk of ${run.name}`, queueName: TRUNKS_QUEUE, data: trunk, opts }] };
}

/** Whether a run waits on the queue; one that failed, or whose result was taken away, is brought back or removed. */
async function isOnQueue(queue: Queue, jobId: string): Promise<boolean> {
  const job = await queue.getJob(jobId);
  const state = await job?.getState();
  if (job === undefined || state === "unknown") return false;
  if (state !== "failed" && state !== "completed") return true;
  await job.remove();
  return false;
}
