/** `halfstep worker`: a process that works for a queue. There can be any number of them, on any number of machines. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import { makeFolder } from "../../atomic-file.ts";
import { describeSurroundings } from "../../surroundings.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { WorkerCodec } from "../code-picture.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { type Cluster, withCluster } from "../open-cluster.ts";
import { positiveInteger, positiveNumber, threadCount } from "../parse-option.ts";
import { endText } from "./sweep-text.ts";
import { trainProgressText } from "./train-text.ts";

interface WorkerOptions extends ClusterOptions {
  readonly concurrency: number;
  readonly threads: number;
  readonly work?: string;
  readonly stallSeconds: number;
  readonly idleSeconds?: number;
  readonly for: "runs" | "pictures" | "both";
  readonly model?: string;
}

/** How often a worker that only codes pictures checks whether it should stop, in milliseconds. */
const LOOK_MS = 200;
/** The same as STALL_SECONDS of the queue. That file is not loaded for `--help`. */
const STALL_SECONDS = 30;

/** Adds the command. */
export function registerWorker(program: Command, execute: Execute): void {
  const worker = program
    .command("worker")
    .description(
      "do the work that sweep --queue and compress --queue put on a queue; SIGTERM stops it at a checkpoint",
    );
  addClusterOptions(worker)
    .addOption(
      new Option("--for <what>", "what this worker works on").choices(["runs", "pictures", "both"]).default("both"),
    )
    .option("--model <model>", "the model for pictures; compress must name the same")
    .option(
      "--concurrency <count>",
      "how many runs, and how many batches of pictures, at the same time",
      positiveInteger,
      1,
    )
    .option("--threads <count>", "threads for each run or batch", threadCount, 1)
    .option("--work <folder>", "folder for its files while it works (default: a temporary one)")
    .option(
      "--stall-seconds <count>",
      "a worker that is silent for so many seconds counts as dead",
      positiveNumber,
      STALL_SECONDS,
    )
    .option("--idle-seconds <count>", "end after so many seconds without work (default: never)", positiveNumber)
    .action((options: WorkerOptions) => execute((context) => work(context, options), true));
}

async function work(context: CommandContext, options: WorkerOptions): Promise<void> {
  const { concurrency, threads } = options;
  const parent = options.work ?? tmpdir();
  makeFolder(parent);
  const own = mkdtempSync(path.join(parent, "halfstep-worker-"));
  try {
    await withCluster(context, options, async (cluster) => {
      context.note(`working for ${cluster.address} with the store ${cluster.store.name}`);
      const codec = new WorkerCodec({ threads, ...(options.model === undefined ? {} : { model: options.model }) }, own);
      const stallMs = options.stallSeconds * 1000;
      let [pictures, failedPictures, lastMs] = [0, 0, performance.now()];
      const coding =
        options.for === "runs"
          ? undefined
          : cluster.queue.workOnPictures({
              ...cluster,
              concurrency,
              stallMs,
              codecFor: (identity) => codec.codecFor(identity),
              onBatch: ({ coded, failed }) => {
                pictures += coded;
                failedPictures += failed.length;
                lastMs = performance.now();
                context.progress(`${pictures} pictures coded, ${failedPictures} failed`);
              },
            });
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, stop.signal]);
      const isBusy = (): boolean => coding?.isBusy() ?? false;
      const idle = (): Promise<void> => untilIdle(signal, options, () => (isBusy() ? performance.now() : lastMs));
      let training: Promise<TrainedRuns> = Promise.resolve({ results: [], failures: [] });
      try {
        if (options.for !== "pictures") training = train(context, options, cluster, { signal, own });
        // If the worker also trains, pictures may still come when no runs are left.
        if (options.for !== "runs") training = training.then((runs) => idle().then(() => runs));
        const { results, failures } = await Promise.race([training, coding?.failure ?? training]);
        // The report counts the batch that is finished last.
        await coding?.close();
        context.report(
          {
            command: "worker",
            queue: cluster.address,
            store: cluster.store.name,
            runs: results.map(({ run: { name, id }, result: { status } }) => ({ name, id, status })),
            failures: failures.map(({ run: { name, id }, message }) => ({ name, id, message })),
            pictures,
            failedPictures,
          },
          `${results.length} ${results.length === 1 ? "run" : "runs"} over, ${failures.length} failed` +
            `${pictures + failedPictures === 0 ? "" : `; ${pictures} pictures coded, ${failedPictures} failed`}`,
        );
      } finally {
        // What stops one kind of work also stops the other, at a checkpoint.
        stop.abort();
        await Promise.allSettled([training]);
        await coding?.close();
        await codec.close();
      }
    });
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

type TrainedRuns = Awaited<ReturnType<Cluster["queue"]["workOnRuns"]>>;

/** Trains runs until it should stop. */
async function train(
  context: CommandContext,
  { concurrency, threads, stallSeconds, idleSeconds }: WorkerOptions,
  cluster: Cluster,
  { signal, own }: { readonly signal: AbortSignal; readonly own: string },
): Promise<TrainedRuns> {
  const { createTrainStep, plannedRunExecutor } = await import("../../train/index.ts");
  const meta = await describeSurroundings();
  return cluster.queue.workOnRuns({
    ...cluster,
    work: own,
    stallMs: stallSeconds * 1000,
    ...(idleSeconds === undefined ? {} : { idleMs: idleSeconds * 1000 }),
    concurrency,
    signal,
    note: (sentence) => context.note(sentence),
    train: (data, dataHash) => plannedRunExecutor({ data, dataHash, threads, createStep: createTrainStep, meta }),
    onBegin: ({ name }) => context.note(`${name}: begun`),
    onEnd: (run, end) => context.note(`${run.name}: ${endText(run, end)}`),
    onWarning: ({ name }, warning) => context.note(`${name}: ${warning}`),
    onProgress: ({ name }, progress) => context.progress(`${name}  ${trainProgressText(progress)}`),
  });
}

/** Waits while pictures come. */
async function untilIdle(signal: AbortSignal, { idleSeconds }: WorkerOptions, lastMs: () => number): Promise<void> {
  const idleMs = (idleSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  while (!signal.aborted && performance.now() - lastMs() < idleMs) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
