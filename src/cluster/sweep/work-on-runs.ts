/** One process at work on the runs of a queue: some at a time, until it should stop or nothing comes any more. */
import type { Redis } from "ioredis";
import { type SweepWork, type SweepWorkOptions, workOnSweep } from "../../train/sweep/work-on-sweep.ts";
import { ClusterRunQueue, type ClusterRunQueueOptions } from "./cluster-run-queue.ts";
import { watchTrunks } from "./trunk-gates.ts";

/** Options of {@link workOnRuns}. */
export interface RunWorkOptions
  extends Omit<ClusterRunQueueOptions, "connection">,
    Pick<SweepWorkOptions, "signal" | "onBegin" | "onEnd" | "onWarning" | "onProgress"> {
  readonly connection: Redis;
  /** Runs that are trained at the same time. */
  readonly concurrency: number;
  readonly train: Parameters<ClusterRunQueue["executor"]>[0];
}

/**
 * Works on runs.
 * @throws HalfstepError what stops a worker and not a run alone: the disk is full, the store does not answer, or is another. Runs that this
 *   process has are given back before.
 */
export async function workOnRuns(options: RunWorkOptions): Promise<Pick<SweepWork, "results" | "failures">> {
  const { connection, store, storeId, stallMs, concurrency, train, signal, ...listeners } = options;
  const stop = new AbortController();
  const watch = watchTrunks(connection, store, storeId, stallMs);
  try {
    const slots = Array.from({ length: concurrency }, async () => {
      const queue = new ClusterRunQueue(options);
      try {
        await queue.open();
        const { onBegin, onEnd, onWarning, onProgress } = listeners;
        const on = { ...(onBegin && { onBegin }), ...(onEnd && { onEnd }), ...(onWarning && { onWarning }) };
        return await workUntilStopped({
          queue,
          execute: queue.executor(train),
          signal: AbortSignal.any([signal, stop.signal]),
          ...on,
          ...(onProgress && { onProgress }),
        });
      } catch (error) {
        // What stops this one stops the others too, each at a checkpoint.
        stop.abort();
        throw error;
      } finally {
        await queue.close();
      }
    });
    const ends = await Promise.allSettled(slots);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const works = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    return {
      results: works.flatMap(({ results }) => results),
      failures: works.flatMap(({ failures }) => failures),
    };
  } finally {
    await watch.close();
  }
}

/** As `workOnSweep`, which ends when a run was stopped: here it may have been stopped because its lock was lost, and there are others. */
async function workUntilStopped(options: SweepWorkOptions): Promise<SweepWork> {
  const all: SweepWork[] = [];
  let outcome: SweepWork["outcome"];
  do {
    const work = await workOnSweep(options);
    all.push(work);
    outcome = work.outcome;
  } while (outcome === "stopped" && !options.signal.aborted);
  return {
    outcome,
    results: all.flatMap(({ results }) => results),
    failures: all.flatMap(({ failures }) => failures),
  };
}
