/**
 * Trains what the ladder's plan asks for and the folder of runs does not hold yet, one run after the other; runs that were interrupted
 * go on. Two of these at a time, on one folder, share the work: each takes the next run that nobody has begun.
 *
 *   npx tsx experiments/ladder/run.ts --data <packed images> --runs <folder> [names of runs]
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { HalfstepError } from "../../src/errors.ts";
import { trainRun } from "../train-run.ts";
import { chosenRuns, readPlan, trainConfigOf } from "./plan.ts";

async function climb(data: string, runs: string, names: readonly string[]): Promise<void> {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  mkdirSync(runs, { recursive: true });
  // All configurations before the first step: a misspelt one is to fail now, not tonight.
  const chosen = chosenRuns(readPlan(), names).map((rung) => ({ rung, config: trainConfigOf(rung, data, runs) }));
  for (const { rung, config } of chosen) {
    if (controller.signal.aborted) break;
    process.stdout.write(`${rung.name}: ${await trainRun(config, path.join(runs, rung.name), controller.signal)}\n`);
  }
}

const { values, positionals } = parseArgs({
  options: { data: { type: "string" }, runs: { type: "string" } },
  allowPositionals: true,
});
try {
  if (values.data === undefined || values.runs === undefined) {
    throw new HalfstepError("bad-usage", "ladder: expected --data <packed images> and --runs <folder>");
  }
  await climb(path.resolve(values.data), path.resolve(values.runs), positionals);
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
