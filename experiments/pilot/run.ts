/**
 * Trains what the pilot's plan asks for and the folder of runs does not hold yet, one run after the other; runs that were
 * interrupted go on. Several may work on one folder: each takes the next run that nobody has begun, and a run that another
 * process holds is left to it.
 *
 *   npx tsx experiments/pilot/run.ts --data <packed images> --runs <folder>
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { HalfstepError } from "../../src/errors.ts";
import { createTrainStep, startTraining } from "../../src/train/index.ts";
import { divergedFile } from "./folders.ts";
import { type PlannedRun, plannedRuns } from "./plan.ts";

/** Trains one run. Returns how it ended, in a few words. */
async function train({ name, config }: PlannedRun, runs: string, signal: AbortSignal): Promise<string> {
  const folder = path.join(runs, name);
  if (existsSync(divergedFile(folder))) return "diverged before";
  try {
    const { outcome, step } = await startTraining({
      config,
      createStep: createTrainStep,
      folder,
      resume: existsSync(folder),
      signal,
    });
    return `${outcome} at step ${step}`;
  } catch (error) {
    if (!(error instanceof HalfstepError)) throw error;
    // A surrogate that cannot train is a result of the pilot.
    if (error.code === "diverged") writeFileSync(divergedFile(folder), `${error.message}\n`);
    else if (error.code !== "run-locked") throw error;
    return error.message;
  }
}

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
    process.stdout.write(`${run.name}: ${await train(run, values.runs, controller.signal)}\n`);
  }
}
