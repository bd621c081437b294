/**
 * Tasks spread over processes: every process is given the next task when it has done one. With one process the work is done in this
 * one. Stops in good order when asked to, and ends with the first failure.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { HalfstepError } from "../../errors.ts";
import { Measurer, type Row, type Task } from "./measure.ts";
import type { Answer } from "./worker.ts";

/** How {@link runTasks} works. */
export interface RunOptions {
  /** At least 1. */
  readonly processes: number;
  /** Told every row as it is done. */
  readonly onRow: (task: Task, row: Row) => void;
  /** Stops the work; what is done was told. */
  readonly signal: AbortSignal;
}

/** Does all tasks. @throws what a task throws; the reason of the signal if it is aborted. */
export async function runTasks(tasks: readonly Task[], options: RunOptions): Promise<void> {
  const { processes, signal } = options;
  const queue = [...tasks];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const lane = processes === 1 ? laneHere : laneInProcess;
  const lanes = Array.from({ length: Math.min(processes, tasks.length) }, async () => {
    try {
      await lane(queue, options, stop);
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  const ended = await Promise.allSettled(lanes);
  // An interrupted terminal kills helpers too: their failures are its doing.
  signal.throwIfAborted();
  for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
}

async function laneHere(queue: Task[], { onRow }: RunOptions, stop: AbortSignal): Promise<void> {
  const threads = sharp.concurrency();
  const measurer = new Measurer();
  sharp.concurrency(1);
  try {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      for await (const row of measurer.measure(task)) {
        onRow(task, row);
        if (stop.aborted) return;
      }
    }
  } finally {
    sharp.concurrency(threads);
    await measurer.close();
  }
}

/** The same place seen from src/ and from dist/. */
const WORKER: string = fileURLToPath(
  new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);

async function laneInProcess(queue: Task[], { onRow }: RunOptions, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  const child = fork(WORKER, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const gone = once(child, "exit");
  const hangUp = (): void => {
    if (child.connected) child.disconnect();
  };
  stop.addEventListener("abort", hangUp, { once: true });
  try {
    for (let task = queue.shift(); task !== undefined && !stop.aborted; task = queue.shift()) {
      await doTask(child, task, onRow, stop);
    }
  } finally {
    stop.removeEventListener("abort", hangUp);
    hangUp();
    await gone;
  }
}

/** Resolves when the task is done or the work is stopped. */
function doTask(child: ChildProcess, task: Task, onRow: RunOptions["onRow"], stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void): void => {
      child.off("message", hear);
      child.off("exit", lost);
      stop.removeEventListener("abort", stopped);
      finish();
    };
    const hear = (answer: Answer): void => {
      if (answer.kind === "row") {
        try {
          onRow(task, answer.row);
        } catch (error) {
          end(() => reject(error));
        }
      } else if (answer.kind === "done") end(resolve);
      else if (answer.code === null) end(() => reject(new Error(answer.message)));
      else end(() => reject(new HalfstepError(answer.code as string, answer.message)));
    };
    const lost = (code: number | null, signal: string | null): void => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const what = `${task.image}: ${task.subject.name}: the process that measured it ended ${how}`;
      end(() => reject(new HalfstepError("worker-lost", `${what}; with less memory at hand, use --jobs 1`)));
    };
    const stopped = (): void => end(resolve);
    child.on("message", hear);
    child.on("exit", lost);
    stop.addEventListener("abort", stopped, { once: true });
    child.send(task);
  });
}
