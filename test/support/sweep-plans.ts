/** Plans and results for the tests of sweeps. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Surroundings } from "../../src/surroundings.ts";
import { type ExpandedPlan, expandPlanFile } from "../../src/train/sweep/expand-plan.ts";
import type { PlannedRun } from "../../src/train/sweep/planned-run.ts";
import type { RunResult } from "../../src/train/sweep/run-result.ts";

const tinyPlan = {
  name: "tiny",
  question: "Does the sweep do what it says?",
  base: {
    network: { N: 4, M: 6 },
    batch: 1,
    steps: 20,
    checkpointEvery: 4,
    validateEvery: 10,
    validation: { fraction: 0.4, crops: 1, size: 64 },
  },
  axes: {
    arm: {
      aun: { surrogate: "aun" },
      mixed: { surrogate: "mixed" },
      "sua-dither": { "surrogate.rate": "aun", "surrogate.distortion": { id: "sua", form: "dither" } },
    },
  },
  stages: [
    { name: "trunk", seeds: [1, 2], set: { "optimizer.warmupSteps": 5 } },
    { name: "fork", from: "trunk", axes: { arm: "all" }, seedOffset: 1000, set: { steps: 12 } },
  ],
} as const;

/** A network of a few thousand weights, trained for 20 steps; two trunks, and three forks of 12 steps from each. */
export const TINY_PLAN: typeof tinyPlan = tinyPlan;

/** Writes a plan into a folder, which is made. @returns the file */
export function writePlan(folder: string, plan: unknown = TINY_PLAN, name = "plan.json"): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(file, typeof plan === "string" ? plan : JSON.stringify(plan));
  return file;
}

/** Writes a plan into a folder and expands it. */
export function expanded(folder: string, plan: unknown = TINY_PLAN): ExpandedPlan {
  return expandPlanFile(writePlan(folder, plan));
}

/** What results are said to be made with. */
export const SURROUNDINGS: Surroundings = {
  machine: "a machine",
  versions: { halfstep: "0" },
  commit: null,
  uncommittedChanges: null,
};

/** A result such as a run might give; 100 ms a step. */
export function someResult(run: PlannedRun, status: RunResult["status"] = "finished"): RunResult {
  const { start, config, id } = run;
  const loss = { loss: 2, bitsPerPixel: 1, meanSquaredError: 0.001, psnrDb: 30 };
  const isFinished = status === "finished";
  return {
    version: 1,
    id,
    status,
    steps: isFinished ? config.steps : 3,
    diverged: isFinished ? null : { step: 3, problem: "loss is NaN" },
    start: start.type === "weights" ? { type: "weights", sha256: start.sha256 } : start,
    config: { ...config },
    dataHash: "d",
    hard: isFinished ? loss : null,
    training: isFinished ? { ...loss, steps: 12 } : null,
    curve: { step: [], loss: [], bitsPerPixel: [], psnrDb: [] },
    gradientNorm: { step: [], median: [], highest: [] },
    time: { threadHours: 0.5, threadMsPerStep: 100, threads: [1], finished: "2026-01-01T00:00:00.000Z" },
    meta: SURROUNDINGS,
  };
}
