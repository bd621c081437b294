/**
 * Trains what the pilot's plan asks for and the folder of runs does not hold yet, one run after the other; runs that were
 * interrupted go on. Several may work on one folder: each takes the next run that nobody has begun, and a run that another
 * process holds is left to it.
 *
 *   npx tsx experiments/pilot/run.ts --data <packed images> --runs <folder>
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { trainRun } from "../train-run.ts";
import { plannedRuns } from "./plan.ts";

const { values } = parseArgs({ options: { data: { type: "string" }, runs: { type: "string" } } });
if (values.data === undefined || values.runs === undefined) {
  process.stderr.write("pilot: expected --data <packed images> and --runs <folder>\n");
  process.exitCode = 2;
} else {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  mkdirSync(values.runs, { recursive: true });
  for (const run of plannedRuns(path.resolve(values.data))) {
    if (controller.signal.aborted) break;
    process.stdout.write(
      `${run.name}: ${await trainRun(run.config, path.join(values.runs, run.name), controller.signal)}\n`,
    );
  }
}
