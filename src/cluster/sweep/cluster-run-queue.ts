/**
 * The run queue of a worker: gives out the runs of all plans that were put on the queue, each to one worker at a time. A run is trained in a
 * folder of the worker's own disk; after each checkpoint its state goes to the store, so that another worker goes on from there when this one
 * dies. A run is over when its result is in the store.
 */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { HalfstepError, UsageError } from "../../errors.ts";
import type { TrainProgress } from "../../train/loop.ts";
import type { ClaimedRun, RunExecutor, RunQueue } from "../../train/sweep/run-queue.ts";
import { endsWork } from "../../train/sweep/work-on-sweep.ts";
import { inTime } from "../queue/in-time.ts";
import { holdJob, type JobLock } from "../queue/job-lock.ts";
import { MOST_STALLS, PREFIX, RUNS_QUEUE } from "../queue/queue-names.ts";
import type { Store } from "../store/store.ts";
import type { RunProgress } from "./job-states.ts";
import { parseRunJob, type RunJob } from "./run-job.ts";
import { fetchImages } from "./stored-images.ts";
import {
  fetchRun,
  fetchWeights,
  hasCheckpoint,
  readRunFiles,
  readStoredResult,
  restoreRun,
  SweepPlaces,
  storeBegun,
  storeFinished,
} from "./stored-run.ts";

/** How long a worker without work waits in one question to Redis, seconds; it answers a signal after that. */
const WAIT_SECONDS = 1;
/** So long after a signal an answer of Redis is waited for, milliseconds: it may be a run, which is then given back. */
const PATIENCE_MS = 3_000;
/** How often a worker says how far a run is, milliseconds. */
const PROGRESS_MS = 1_000;

/** Options of {@link ClusterRunQueue}. */
export interface ClusterRunQueueOptions {
  readonly connection: Redis;
  readonly store: Store;
  /** Identity of the store. */
  readonly storeId: string;
  /** A folder of this worker alone. */
  readonly work: string;
  /** After so long without a sign of life a worker's run is given to another. */
  readonly stallMs: number;
  /** Told of what does not stop the work. */
  readonly note: (sentence: string) => void;
  /** Ends when nothing came for so long. Default: waits for ever. */
  readonly idleMs?: number;
}

/** A run that this worker holds. */
interface HeldRun {
  readonly job: Job;
  readonly token: string;
  readonly lock: JobLock;
  readonly task: RunJob;
  /** Why it cannot be trained, where that was found out. */
  failure?: string;
}

/** Runs from Redis. One at a time: a worker that trains several has several of these. */
export class ClusterRunQueue implements RunQueue {
  readonly #options: ClusterRunQueueOptions;
  readonly #worker: Worker;
  readonly #held = new WeakMap<ClaimedRun, HeldRun>();

  constructor(options: ClusterRunQueueOptions) {
    const { connection, stallMs, note } = options;
    this.#options = options;
    this.#worker = new Worker(RUNS_QUEUE, null, {
      connection,
      prefix: PREFIX,
      name: `${hostname()}:${process.pid}`,
      autorun: false,
      lockDuration: stallMs,
      stalledInterval: stallMs,
      maxStalledCount: MOST_STALLS,
      drainDelay: WAIT_SECONDS,
    });
    // The connection itself reports that it is lost.
    this.#worker.on("error", () => undefined);
    this.#worker.on("stalled", (id) => note(`run ${id}: its worker has gone silent; another worker goes on with it`));
  }

  /** Begins to look for workers that died. To be called before the first {@link take}. */
  async open(): Promise<void> {
    await this.#worker.startStalledCheckTimer();
  }

  async close(): Promise<void> {
    await inTime(this.#worker.close(true));
  }

  async take(signal: AbortSignal): Promise<ClaimedRun | undefined> {
    const { idleMs = Number.POSITIVE_INFINITY, stallMs } = this.#options;
    const startMs = performance.now();
    const patience = new Patience(signal);
    try {
      while (!signal.aborted && performance.now() - startMs < idleMs) {
        const token = randomUUID();
        const job = await Promise.race([this.#worker.getNextJob(token, { block: true }), patience.isOver]);
        if (job === undefined) continue;
        const claimed = await this.#claim(job, token, holdJob(job, token, stallMs));
        if (claimed !== undefined) return claimed;
      }
      return undefined;
    } finally {
      patience.dispose();
    }
  }

  /** The executor for runs of this queue. @param train makes one that trains on a folder of images */
  executor(train: (images: string, dataHash: string) => RunExecutor): RunExecutor {
    return async (claimed, signal, listener) => {
      const { store, work } = this.#options;
      const held = this.#heldOf(claimed);
      const { task, lock } = held;
      const saved = new StateKeeper(this.#options, held, claimed.folder);
      try {
        const images = await fetchImages(store, task.dataHash, path.join(work, "images"));
        const execute = train(images, task.dataHash);
        return await execute(claimed, AbortSignal.any([signal, lock.lost]), {
          ...listener,
          onProgress: (progress) => {
            saved.noteProgress(progress);
            listener.onProgress?.(progress);
          },
        });
      } catch (error) {
        const own = ofRunAlone(error);
        // What a worker cannot help the next one may; what nobody expected may kill that one too.
        if (!endsWork(own) || !(own instanceof HalfstepError)) held.failure = (own as Error).message;
        throw own;
      } finally {
        await saved.end();
      }
    };
  }

  /** A run to work on; undefined where there is nothing to do for a job. */
  async #claim(job: Job, token: string, lock: JobLock): Promise<ClaimedRun | undefined> {
    const { store, storeId, work } = this.#options;
    try {
      const task = parseRunJob(job.data);
      if (task.store !== storeId) throw otherStore(store, task);
      const { run } = task;
      const places = new SweepPlaces(task.place);
      const result = await readStoredResult(store, places, run.id);
      if (result !== undefined) {
        // A worker died between its result and saying so.
        await job.moveToCompleted({ status: result.status }, token, false);
        return undefined;
      }
      const folder = path.join(work, "runs", job.id as string);
      rmSync(folder, { recursive: true, force: true });
      await restoreRun(store, places, run.id, folder);
      const held: HeldRun = { job, token, lock, task };
      const claimed: ClaimedRun = {
        run,
        folder,
        startFrom: await this.#startOf(task, places, `${folder}-trunk`),
        finish: (end) =>
          this.#finish(held, places, folder, async () => {
            await storeFinished(store, places, run.id, folder);
            const text = `${JSON.stringify(end, null, 1)}\n`;
            await store.putNew(places.result(run.id), new TextEncoder().encode(text));
            await job.moveToCompleted({ status: end.status }, token, false);
          }),
        giveBack: () =>
          this.#finish(held, places, folder, async () => {
            const { failure } = held;
            await inTime(
              failure === undefined
                ? job.moveToWait(token)
                : job.moveToFailed(new UnrecoverableError(failure), token, false),
            );
          }),
      };
      this.#held.set(claimed, held);
      return claimed;
    } catch (error) {
      lock.release();
      if (endsWork(error)) {
        await inTime(job.moveToWait(token));
        throw error;
      }
      const { message } = error as HalfstepError;
      this.#options.note(`run ${job.name}: ${message}`);
      await job.moveToFailed(new UnrecoverableError(message), token, false);
      return undefined;
    }
  }

  /** @param folder for the trunk, of this run alone: another of this process may begin from the same one */
  async #startOf({ run }: RunJob, places: SweepPlaces, folder: string): Promise<string | undefined> {
    const { store, work } = this.#options;
    if (run.start.type === "scratch") return undefined;
    if (run.start.type === "weights") return fetchWeights(store, run.start.sha256, path.join(work, "weights"));
    rmSync(folder, { recursive: true, force: true });
    if (await fetchRun(store, places, run.start.id, folder)) return folder;
    throw new HalfstepError(
      "missing-trunk",
      `run ${run.name}: got nothing at "${places.run(run.start.id)}", expected the run that it begins from; delete that run's result and put the plan on the queue again`,
    );
  }

  async #finish(held: HeldRun, places: SweepPlaces, folder: string, end: () => Promise<void>): Promise<void> {
    const { note } = this.#options;
    try {
      await end();
    } catch (error) {
      // Somebody else was given the run meanwhile: what is in the store counts.
      if (!held.lock.lost.aborted && !/lock|not in the active state/i.test((error as Error).message)) throw error;
      note(`run ${held.task.run.name}: was given to another worker meanwhile; see "${places.place}"`);
    } finally {
      held.lock.release();
      for (const used of [folder, `${folder}-trunk`]) rmSync(used, { recursive: true, force: true });
    }
  }

  #heldOf(claimed: ClaimedRun): HeldRun {
    const held = this.#held.get(claimed);
    if (held === undefined) throw new Error("internal: a run of another queue");
    return held;
  }
}

/** Takes care that the store has the state of a run after each checkpoint, and the queue how far it is. */
class StateKeeper {
  readonly #options: ClusterRunQueueOptions;
  readonly #held: HeldRun;
  readonly #folder: string;
  readonly #key: string;
  #waiting: ReadonlyMap<string, Uint8Array> | undefined;
  #storing: Promise<void> | undefined;
  #toldMs: number = Number.NEGATIVE_INFINITY;

  constructor(options: ClusterRunQueueOptions, held: HeldRun, folder: string) {
    this.#options = options;
    this.#held = held;
    this.#folder = folder;
    this.#key = new SweepPlaces(held.task.place).begun(held.task.run.id);
  }

  noteProgress({ step, steps, secondsLeft }: TrainProgress): void {
    const { job, task } = this.#held;
    const { checkpointEvery } = task.run.config;
    // The files are read now: the next step changes them.
    if (step % checkpointEvery === 0 && step < steps) this.#store(readRunFiles(this.#folder));
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = nowMs;
    const progress: RunProgress = { step, steps, secondsLeft, worker: `${hostname()}:${process.pid}` };
    // For people who look on; the work does not wait for it.
    job.updateProgress({ ...progress }).catch(() => undefined);
  }

  /** Waits until the store has the last state. */
  async end(): Promise<void> {
    const files = readRunFiles(this.#folder);
    if (hasCheckpoint(files)) this.#store(files);
    await this.#storing;
  }

  #store(files: ReadonlyMap<string, Uint8Array>): void {
    this.#waiting = files;
    this.#storing ??= this.#storeAll();
  }

  async #storeAll(): Promise<void> {
    const { store, note } = this.#options;
    while (this.#waiting !== undefined) {
      const files = this.#waiting;
      this.#waiting = undefined;
      try {
        await storeBegun(store, this.#key, files);
      } catch (error) {
        // The run goes on; at its end the store is needed, and then a failure stops the worker.
        note(`run ${this.#held.task.run.name}: its state was not stored: ${(error as Error).message}`);
      }
    }
    this.#storing = undefined;
  }
}

/** Images that are missing or damaged end a sweep, but not a worker: it has other sweeps. */
function ofRunAlone(error: unknown): unknown {
  const isOfImages =
    error instanceof HalfstepError && ["missing-dataset", "bad-dataset", "no-images"].includes(error.code);
  return isOfImages ? new HalfstepError("bad-images", error.message, { cause: error }) : error;
}

function otherStore(store: Store, { place }: RunJob): UsageError {
  return new UsageError(
    "other-store",
    `store ${store.name}: got a run of "${place}" in another store, expected that all workers and plans of a queue have one; name that store by --store`,
  );
}

/** Ends a while after the signal: so long a question to Redis may take that was asked before it. */
class Patience {
  readonly isOver: Promise<undefined>;
  readonly #signal: AbortSignal;
  #late: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.isOver = new Promise((resolve) => {
      this.#late = () => void sleep(PATIENCE_MS).then(() => resolve(undefined));
    });
    if (signal.aborted) this.#late();
    else signal.addEventListener("abort", this.#late, { once: true });
  }

  /** No longer listens to the signal. */
  dispose(): void {
    this.#signal.removeEventListener("abort", this.#late);
  }
}
