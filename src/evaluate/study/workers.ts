/** Measurements spread over processes of one thread each. */
import sharp from "sharp";
import { programPath } from "../../package-folder.ts";
import { runInProcesses } from "../../processes/run-in-processes.ts";
import type { Work } from "../../processes/serve-tasks.ts";
import { Measurer, type Row, type Task } from "./measure.ts";

/** How {@link runTasks} works. */
export interface RunOptions {
  /** At least 1. */
  readonly processes: number;
  /** Told every row as it is done. */
  readonly onRow: (task: Task, row: Row) => void;
  /** Stops the work; what is done was told. */
  readonly signal: AbortSignal;
}

const WORKER: string = programPath("evaluate/study/worker");

/** Does all tasks. @throws what a task throws; the reason of the signal if it is aborted. */
export function runTasks(tasks: readonly Task[], options: RunOptions): Promise<void> {
  return runInProcesses(tasks, {
    ...options,
    script: WORKER,
    here: measuringHere,
    nameOf: ({ image, subject }) => `${image}: ${subject.name}`,
    command: "evaluate",
  });
}

/** Measuring in this process, whose sharp computes on one thread meanwhile. */
function measuringHere(): Work<Task, Row> {
  const threads = sharp.concurrency();
  const measurer = new Measurer();
  sharp.concurrency(1);
  return {
    rowsOf: (task) => measurer.measure(task),
    async close() {
      sharp.concurrency(threads);
      await measurer.close();
    },
  };
}
