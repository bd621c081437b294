/** `halfstep worker`: one process that works for a queue, as one of any number on any number of machines. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { makeFolder } from "../../atomic-file.ts";
import { describeSurroundings } from "../../surroundings.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { withCluster } from "../open-cluster.ts";
import { positiveInteger, positiveNumber, threadCount } from "../parse-option.ts";
import { endText } from "./sweep-text.ts";
import { trainProgressText } from "./train-text.ts";

interface WorkerOptions extends ClusterOptions {
  readonly concurrency: number;
  readonly threads: number;
  readonly work?: string;
  readonly stallSeconds: number;
  readonly idleSeconds?: number;
}

/** As STALL_SECONDS of the queue, which is not loaded for `--help`. */
const STALL_SECONDS = 30;

/** Adds the command. */
export function registerWorker(program: Command, execute: Execute): void {
  const worker = program
    .command("worker")
    .description("work on what halfstep sweep --queue has put on a queue; stops at a checkpoint on SIGTERM");
  addClusterOptions(worker)
    .option("--concurrency <count>", "runs at the same time", positiveInteger, 1)
    .option("--threads <count>", "threads for each of them", threadCount, 1)
    .option("--work <folder>", "where its own files go while it works (default: one of the system's for temporaries)")
    .option(
      "--stall-seconds <count>",
      "a worker that is silent for so long counts as dead",
      positiveNumber,
      STALL_SECONDS,
    )
    .option("--idle-seconds <count>", "end when nothing came for so long (default: never)", positiveNumber)
    .action((options: WorkerOptions) => execute((context) => work(context, options), true));
}

async function work(context: CommandContext, options: WorkerOptions): Promise<void> {
  const { concurrency, threads, stallSeconds, idleSeconds } = options;
  const { createTrainStep, plannedRunExecutor } = await import("../../train/index.ts");
  const parent = options.work ?? tmpdir();
  makeFolder(parent);
  const own = mkdtempSync(path.join(parent, "halfstep-worker-"));
  try {
    await withCluster(context, options, async ({ queue, connection, address, store, storeId }) => {
      const meta = await describeSurroundings();
      context.note(`working for ${address} with the store ${store.name}`);
      const { results, failures } = await queue.workOnRuns({
        connection,
        store,
        storeId,
        work: own,
        stallMs: stallSeconds * 1000,
        ...(idleSeconds === undefined ? {} : { idleMs: idleSeconds * 1000 }),
        concurrency,
        signal: context.signal,
        note: (sentence) => context.note(sentence),
        train: (data, dataHash) => plannedRunExecutor({ data, dataHash, threads, createStep: createTrainStep, meta }),
        onBegin: ({ name }) => context.note(`${name}: begun`),
        onEnd: (run, end) => context.note(`${run.name}: ${endText(run, end)}`),
        onWarning: ({ name }, warning) => context.note(`${name}: ${warning}`),
        onProgress: ({ name }, progress) => context.progress(`${name}  ${trainProgressText(progress)}`),
      });
      context.report(
        {
          command: "worker",
          queue: address,
          store: store.name,
          runs: results.map(({ run: { name, id }, result: { status } }) => ({ name, id, status })),
          failures: failures.map(({ run: { name, id }, message }) => ({ name, id, message })),
        },
        `${results.length} ${results.length === 1 ? "run" : "runs"} over, ${failures.length} failed`,
      );
    });
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
