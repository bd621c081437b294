/**
 * The side of a process that does tasks for another one (`run-in-processes.ts`). It gets one task at a time and answers row by row. When its parent
 * hangs up or is gone, it finishes its row and ends, so that no temporary file is left. Ctrl-C reaches the whole group, and the parent decides about it.
 */
import process from "node:process";
import { HalfstepError } from "../errors.ts";

/** What does tasks, one after the other. */
export interface Work<Task, Row> {
  /** The results of a task, as they are done. */
  rowsOf(task: Task): AsyncIterable<Row>;
  /** Called after the last task. */
  close(): Promise<void>;
}

/** What a process says. */
export type Answer<Row> =
  | { readonly kind: "row"; readonly row: Row }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly code: string | null; readonly message: string };

/** Does the tasks that this process gets. */
export function serveTasks<Task, Row>(work: Work<Task, Row>): void {
  const answer = (value: Answer<Row>): void => {
    if (process.connected) process.send?.(value);
  };
  const doTask = async (task: Task): Promise<void> => {
    try {
      for await (const row of work.rowsOf(task)) {
        answer({ kind: "row", row });
        if (!process.connected) return;
      }
      answer({ kind: "done" });
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (error instanceof HalfstepError) answer({ kind: "failed", code: error.code, message: error.message });
      else answer({ kind: "failed", code: null, message });
    }
  };
  process.on("SIGINT", () => undefined);
  process.on("message", (task: Task) => void doTask(task));
}
