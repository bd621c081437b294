/**
 * Puts the pictures of a folder on the queue, in batches, and waits for them. Pictures that have their stream are left out, so work
 * that was interrupted goes on where it was. Only a limited number of batches is on the queue at a time: Redis need not hold ten million names.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Job, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { UsageError } from "../../errors.ts";
import { PICTURES_QUEUE, PREFIX } from "../queue/queue-names.ts";
import type { Store } from "../store/store.ts";
import { batchResultSchema, outputKey, type PictureJob, type ToldFile } from "./picture-job.ts";

/** Pictures of one job: a few seconds of work. */
const BATCH = 32;
/** Batches on the queue at a time. */
const MOST_BATCHES = 1_000;
/** Of a large library, so many sentences are kept. */
const MOST_NOTES = 1_000;
const LOOK_MS = 200;
const PICTURE = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i;

/** Options of {@link submitPictures}. */
export interface PictureOptions extends Omit<PictureJob, "version" | "files" | "store"> {
  readonly store: Store;
  readonly storeId: string;
  /** Code pictures again that have their stream. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PictureProgress) => void;
}

/** How far the work is. */
export interface PictureProgress {
  /** Pictures that were put on the queue. */
  readonly put: number;
  /** Had their stream already. */
  readonly skipped: number;
  readonly coded: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of all workers together. */
  readonly workMs: number;
  readonly failed: readonly ToldFile[];
  /** What is to be said of pictures that were coded: the first {@link MOST_NOTES} sentences. */
  readonly notes: readonly ToldFile[];
  /** How many sentences there were in all. */
  readonly noteCount: number;
}

/** Codes all pictures below a folder of the store. When the signal comes, it ends early and says what was done; batches on the queue stay there. */
export async function submitPictures(connection: Redis, options: PictureOptions): Promise<PictureProgress> {
  const { signal, onProgress } = options;
  const queue = new Queue(PICTURES_QUEUE, { connection, prefix: PREFIX });
  const sum = {
    put: 0,
    skipped: 0,
    coded: 0,
    bytesIn: 0,
    bytesOut: 0,
    workMs: 0,
    failed: [] as ToldFile[],
    notes: [] as ToldFile[],
    noteCount: 0,
  };
  const open = new Map<string, readonly string[]>();
  const submission = randomUUID();
  const collect = async (): Promise<void> => {
    for (const [id, files] of open) {
      // The state first: what is fetched after it has the result.
      const state = await queue.getJobState(id);
      if (!["completed", "failed", "unknown"].includes(state)) continue;
      const job = await queue.getJob(id);
      open.delete(id);
      take(sum, job, files);
      await job?.remove();
    }
    onProgress(sum);
  };
  try {
    for await (const files of batches(options, sum)) {
      const { storeId: store, model, settings, from, to } = options;
      const data: PictureJob = { version: 1, store, model, settings, from, to, files };
      const jobId = `${submission}-${sum.put}`;
      await queue.add(`${files.length} pictures of ${from}`, data, { jobId });
      open.set(jobId, files);
      sum.put += files.length;
      while (open.size >= MOST_BATCHES && !signal.aborted) await waitAnd(collect, signal);
      if (signal.aborted) break;
    }
    while (open.size > 0 && !signal.aborted) await waitAnd(collect, signal);
  } finally {
    await queue.close();
  }
  return sum;
}

/** Adds what became of a batch. */
function take(
  sum: {
    coded: number;
    bytesIn: number;
    bytesOut: number;
    workMs: number;
    failed: ToldFile[];
    notes: ToldFile[];
    noteCount: number;
  },
  job: Job | undefined,
  files: readonly string[],
): void {
  const result = batchResultSchema.safeParse(job?.returnvalue).data;
  if (result === undefined) {
    const message = job?.failedReason ?? "its job was removed from the queue";
    sum.failed.push(...files.map((file) => ({ file, message })));
    return;
  }
  sum.coded += result.coded;
  sum.bytesIn += result.bytesIn;
  sum.bytesOut += result.bytesOut;
  sum.workMs += result.milliseconds;
  sum.failed.push(...result.failed);
  sum.notes.push(...result.notes.slice(0, MOST_NOTES - sum.notes.length));
  sum.noteCount += result.notes.length;
}

async function waitAnd(collect: () => Promise<void>, signal: AbortSignal): Promise<void> {
  await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  await collect();
}

/** The pictures that have no stream yet, some at a time. */
async function* batches(
  { store, from, to, force }: PictureOptions,
  sum: { skipped: number },
): AsyncIterable<readonly string[]> {
  const there = new Set<string>();
  if (!force) for await (const { key } of store.list(to)) there.add(key);
  /** Outputs of this folder's pictures, to the first picture of each. */
  const taken = new Map<string, string>();
  let batch: string[] = [];
  for await (const { key } of store.list(from)) {
    const file = key.slice(from.length + 1);
    if (!PICTURE.test(file) || file.split("/").some((part) => part.startsWith("."))) continue;
    const other = taken.get(outputKey(to, file));
    if (other !== undefined) {
      throw new UsageError(
        "output-collision",
        `${outputKey(to, file)}: got ${other} and ${file}, expected one input for each result; rename one of them, or use two folders`,
      );
    }
    taken.set(outputKey(to, file), file);
    if (there.has(outputKey(to, file))) {
      sum.skipped++;
      continue;
    }
    batch.push(file);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
