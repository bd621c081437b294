/**
 * A worker's side of coding: takes batches, codes each picture and stores its stream. A batch whose worker died is done again from its beginning: the
 * same pictures give the same bytes, and a stream is stored whole or not at all.
 */
import { hostname } from "node:os";
import { type Job, UnrecoverableError, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { HalfstepError } from "../../errors.ts";
import { endsWork } from "../../train/sweep/work-on-sweep.ts";
import { inTime } from "../queue/in-time.ts";
import { MOST_STALLS, PICTURES_QUEUE, PREFIX } from "../queue/queue-names.ts";
import type { Store } from "../store/store.ts";
import {
  outputKey,
  type PictureBatchResult,
  type PictureSettings,
  parsePictureJob,
  type ToldFile,
} from "./picture-job.ts";

/** A worker that should stop goes on with its batches for so many milliseconds. After that, other workers do them. */
const BATCH_MS = 60_000;

/** What codes one picture: the bytes of its file to those of a stream, and what is to be said of it. */
export type CodePicture = (
  picture: Uint8Array,
  settings: PictureSettings,
) => Promise<{ readonly stream: Uint8Array; readonly notes: readonly string[] }>;

/** Options of {@link workOnPictures}. */
export interface PictureWorkOptions {
  readonly connection: Redis;
  readonly store: Store;
  /** Identity of the store. */
  readonly storeId: string;
  /** Batches at the same time. */
  readonly concurrency: number;
  readonly stallMs: number;
  /** Gives the model of an identity, opened, or throws UsageError where it is another than this worker's. */
  readonly codecFor: (model: string) => Promise<CodePicture>;
  /** Told of each batch that is over. */
  readonly onBatch: (result: PictureBatchResult) => void;
}

/** Works on batches until it is closed. */
export interface PictureWorker {
  /** Whether it has a batch. */
  isBusy(): boolean;
  /** Ends when what it has is finished; may be called again. */
  close(): Promise<void>;
  /** Rejects with an error that stops the worker, and not only a batch: the store does not answer. */
  readonly failure: Promise<never>;
}

/** Begins to work on batches of pictures. */
export function workOnPictures(options: PictureWorkOptions): PictureWorker {
  const { connection, stallMs, concurrency, onBatch } = options;
  let fail: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => undefined);
  let busy = 0;
  const work = async (job: Job, token?: string): Promise<PictureBatchResult> => {
    busy++;
    try {
      const result = await codeBatch(options, job.data);
      onBatch(result);
      return result;
    } catch (error) {
      if (endsPictures(error)) fail(error);
      // What this worker cannot help another one may; what nobody expected may kill that one too.
      if (!endsPictures(error) || !(error instanceof HalfstepError)) {
        throw new UnrecoverableError((error as Error).message);
      }
      await inTime(job.moveToWait(token));
      throw new WaitingError();
    } finally {
      busy--;
    }
  };
  const worker = new Worker(PICTURES_QUEUE, work, {
    connection,
    prefix: PREFIX,
    name: `${hostname()}:${process.pid}`,
    concurrency,
    lockDuration: stallMs,
    stalledInterval: stallMs,
    maxStalledCount: MOST_STALLS,
  });
  // The connection itself reports that it is lost.
  worker.on("error", () => undefined);
  return {
    failure,
    isBusy: () => busy > 0,
    close: async () => {
      // Where it has none there is nothing to wait for, and Redis may be away.
      if (busy > 0) await inTime(worker.pause(), BATCH_MS);
      await inTime(worker.close(true));
    },
  };
}

/** Whether an error ends the worker, and not a batch alone: this worker would meet it in the next one too. */
function endsPictures(error: unknown): boolean {
  return endsWork(error) || (error instanceof HalfstepError && error.code === "other-model");
}

async function codeBatch(options: PictureWorkOptions, data: unknown): Promise<PictureBatchResult> {
  const { store, storeId, codecFor } = options;
  const { from, to, files, settings, model, store: jobStore } = parsePictureJob(data);
  if (jobStore !== storeId) {
    throw new HalfstepError(
      "other-store",
      `store ${store.name}: got pictures in another store; start workers with that one`,
    );
  }
  const code = await codecFor(model);
  const startMs = performance.now();
  let [coded, bytesIn, bytesOut] = [0, 0, 0];
  const failed: ToldFile[] = [];
  const told: ToldFile[] = [];
  for (const file of files) {
    try {
      const picture = await store.get(`${from}/${file}`);
      if (picture === undefined) throw new HalfstepError("no-picture", "is not there any more");
      const { stream, notes } = await code(picture, settings);
      await store.put(outputKey(to, file), stream);
      told.push(...notes.map((message) => ({ file, message })));
      coded++;
      bytesIn += picture.length;
      bytesOut += stream.length;
    } catch (error) {
      // A picture that is damaged is a failure of this picture.
      if (endsWork(error)) throw error;
      failed.push({ file, message: (error as Error).message });
    }
  }
  return { coded, bytesIn, bytesOut, milliseconds: performance.now() - startMs, failed, notes: told };
}
