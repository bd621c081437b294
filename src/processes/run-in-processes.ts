/**
 * Tasks spread over processes: a process that has done a task gets the next one. With one process, this process does the work itself. It
 * stops in good order when asked to, and ends with the first failure.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { HalfstepError } from "../errors.ts";
import type { Answer, Work } from "./serve-tasks.ts";

/** How {@link runInProcesses} works. */
export interface PoolOptions<Task, Row> {
  /** At least 1. */
  readonly processes: number;
  /** Path of the script of a process, which calls `serveTasks`. */
  readonly script: string;
  /** What does the tasks where one process is enough, which is this one. */
  here(): Work<Task, Row>;
  /** What messages call a task, such as "photo.png: jpeg". */
  nameOf(task: Task): string;
  /** What messages call the work: the name of the command. */
  readonly command: string;
  /** Told every row as it is done. */
  readonly onRow: (task: Task, row: Row) => void;
  /** Stops the work; what is done was told. */
  readonly signal: AbortSignal;
}

/** Does all tasks. @throws what a task throws; the reason of the signal if it is aborted. */
export async function runInProcesses<Task extends object, Row>(
  tasks: readonly Task[],
  options: PoolOptions<Task, Row>,
): Promise<void> {
  const { processes, signal } = options;
  const queue = [...tasks];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const lane = processes === 1 ? laneHere<Task, Row> : laneInProcess<Task, Row>;
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

async function laneHere<Task, Row>(
  queue: Task[],
  { here, onRow }: PoolOptions<Task, Row>,
  stop: AbortSignal,
): Promise<void> {
  const work = here();
  try {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      for await (const row of work.rowsOf(task)) {
        onRow(task, row);
        if (stop.aborted) return;
      }
    }
  } finally {
    await work.close();
  }
}

/** A process that does tasks. */
interface Helper {
  readonly child: ChildProcess;
  /** Resolves to how the process ended. */
  readonly gone: Promise<string>;
}

/** @throws {HalfstepError} `worker-lost` if no process can be started */
async function startHelper({
  script,
  command,
}: {
  readonly script: string;
  readonly command: string;
}): Promise<Helper> {
  try {
    // Some reasons are thrown, others come by an event.
    const child = fork(script, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const gone = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => resolve(signal === null ? `with exit code ${code}` : `by ${signal}`));
    });
    // Later failures show elsewhere: in the end of the process, and to the sender.
    child.on("error", () => undefined);
    await once(child, "spawn");
    return { child, gone };
  } catch (error) {
    throw new HalfstepError(
      "worker-lost",
      `${command}: got an error (${codeOf(error)}), expected a process to work in; end other programs, or use fewer --jobs`,
      { cause: error },
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

async function laneInProcess<Task extends object, Row>(
  queue: Task[],
  options: PoolOptions<Task, Row>,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) return;
  const helper = await startHelper(options);
  const { child, gone } = helper;
  const hangUp = (): void => {
    if (child.connected) child.disconnect();
  };
  stop.addEventListener("abort", hangUp, { once: true });
  try {
    while (!stop.aborted) {
      const task = queue.shift();
      if (task === undefined) return;
      await doTask(helper, task, options, stop);
    }
  } finally {
    stop.removeEventListener("abort", hangUp);
    hangUp();
    await gone;
  }
}

/** Resolves when the task is done or the work is stopped. @throws {HalfstepError} `worker-lost`; what the task throws */
function doTask<Task extends object, Row>(
  { child, gone }: Helper,
  task: Task,
  { nameOf, onRow }: Pick<PoolOptions<Task, Row>, "nameOf" | "onRow">,
  stop: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void): void => {
      child.off("message", hear);
      stop.removeEventListener("abort", stopped);
      finish();
    };
    const hear = (answer: Answer<Row>): void => {
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
    const lost = (how: string): void => {
      const what = `${nameOf(task)}: the process that works on it ${how}`;
      end(() => reject(new HalfstepError("worker-lost", `${what}; with less memory at hand, use --jobs 1`)));
    };
    const stopped = (): void => end(resolve);
    child.on("message", hear);
    stop.addEventListener("abort", stopped, { once: true });
    // A process that ended before this task shows here, too.
    void gone.then((how) => lost(`ended ${how}`));
    // Without a connection it is ending.
    if (!child.connected) return;
    child.send(task, (error) => {
      if (error !== null) lost(`cannot be reached (${codeOf(error)})`);
    });
  });
}
