/**
 * A process that measures: started by workers.ts, told one task at a time, answers row by row. It ends when its parent hangs up or is
 * gone, after the row that it is at, so that no temporary file is left; Ctrl-C reaches the whole group and is its parent's to judge.
 */
import process from "node:process";
import sharp from "sharp";
import { HalfstepError } from "../../errors.ts";
import { Measurer, type Row, type Task } from "./measure.ts";

/** What a worker says. */
export type Answer =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly code: string | null; readonly message: string };

process.on("SIGINT", () => undefined);
sharp.concurrency(1);
const measurer = new Measurer();

function answer(value: Answer): void {
  if (process.connected) process.send?.(value);
}

async function work(task: Task): Promise<void> {
  try {
    for await (const row of measurer.measure(task)) {
      answer({ kind: "row", row });
      if (!process.connected) return;
    }
    answer({ kind: "done" });
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (error instanceof HalfstepError) answer({ kind: "failed", code: error.code, message: error.message });
    else answer({ kind: "failed", code: null, message });
  }
}

process.on("message", (task: Task) => void work(task));
