/**
 * Lets forks wait for their trunks. Each fork has a small job of its own, which is over when the trunk is, and in the queue the fork waits for
 * this job. (The trunk itself cannot be the child: in a flow of BullMQ a child has one parent, and a trunk has many forks.) Any worker looks at
 * the job every few seconds, in less than a millisecond.
 */
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { inTime } from "../queue/in-time.ts";
import { MOST_STALLS, PREFIX, RUNS_QUEUE, TRUNKS_QUEUE } from "../queue/queue-names.ts";
import { checkKey, type Store } from "../store/store.ts";
import { runJobId } from "./run-job.ts";
import { readStoredResult, SweepPlaces } from "./stored-run.ts";
import type { TrunkJob } from "./submit-runs.ts";

/** The first and the longest time between two looks, milliseconds. */
const FIRST_MS = 250;
const LONGEST_MS = 15_000;
/** Each wait is so much longer than the one before. */
const GROWTH = 1.3;

const trunkSchema: z.ZodType<TrunkJob> = z.strictObject({
  version: z.literal(1),
  store: z.uuid(),
  place: z.string().min(1),
  id: z.string().regex(/^[0-9a-f]{16}$/),
});

/** What {@link watchTrunks} gives. */
export interface TrunkWatch {
  close(): Promise<void>;
}

/** Watches over all trunks until it is closed. @param storeId identity of the store; jobs of others are left alone */
export function watchTrunks(connection: Redis, store: Store, storeId: string, stallMs: number): TrunkWatch {
  const runs = new Queue(RUNS_QUEUE, { connection, prefix: PREFIX });
  runs.on("error", () => undefined);
  /** Whether the queue says that a run is not over; then the store, where questions cost money, is not asked. */
  const isUnderWay = async (jobId: string): Promise<boolean> =>
    !["completed", "unknown"].includes(await runs.getJobState(jobId));
  const look = async (job: Job, token?: string): Promise<void> => {
    const parsed = trunkSchema.safeParse(job.data);
    if (!parsed.success) throw new UnrecoverableError("not a job of halfstep");
    const { place, id } = parsed.data;
    const isOpen = parsed.data.store !== storeId || (await isUnderWay(runJobId(storeId, place, id)));
    const result = isOpen ? undefined : await readStoredResult(store, new SweepPlaces(checkKey(place)), id);
    if (result?.status === "finished") return;
    if (result?.status === "diverged") throw new UnrecoverableError("the run that it begins from diverged");
    const waitMs = Math.min(LONGEST_MS, FIRST_MS * GROWTH ** Math.min(job.attemptsStarted, 50));
    await job.moveToDelayed(Date.now() + waitMs, token);
    throw new DelayedError();
  };
  const worker = new Worker(TRUNKS_QUEUE, look, {
    connection,
    prefix: PREFIX,
    lockDuration: stallMs,
    stalledInterval: stallMs,
    maxStalledCount: MOST_STALLS,
  });
  // The connection itself reports that it is lost.
  worker.on("error", () => undefined);
  return {
    close: async () => {
      await inTime(worker.close(true));
      await inTime(runs.close());
    },
  };
}
