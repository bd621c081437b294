/**
 * Makes the pilot's results from its finished runs: `results/measured/pilot.json`, and the table in this folder's README.
 *
 *   npx tsx experiments/pilot/collect.ts --data <packed images> --runs <folder>
 *
 * Mismatch and gradient noise are measured on the photographs of `samples/`, at the weights that each run arrived at, with the
 * pair that it was trained with.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { SurrogatePair } from "../../src/lab/running/surrogate-pairs.ts";
import { networkOfRun, openGraphOn, readCrops, SAMPLE_FOLDER, studyNetwork } from "../../src/lab/trained/index.ts";
import { divergedFile } from "../train-run.ts";
import { PILOT_RESULT, type PilotResult, type PilotRow } from "./pilot-result.ts";
import { type PlannedRun, plannedRuns } from "./plan.ts";
import { type MetricsLine, studiedFigures, trainingLossOf } from "./run-figures.ts";
import { pilotTables, withPilotTables } from "./tables.ts";

const CROP = 256;
const CROPS = 6;
const DRAWS = 4;

const NOTHING = {
  trainingLoss: null,
  hardLoss: null,
  hardBitsPerPixel: null,
  hardPsnrDb: null,
  mismatch: null,
  encoderGradientNoise: null,
};

/** The row of a run, or null if it is not finished. */
async function rowOf({ name, pair, config }: PlannedRun, runs: string): Promise<PilotRow | null> {
  const folder = path.join(runs, name);
  if (existsSync(divergedFile(folder))) return { pair, lambda: config.lambda, status: "diverged", ...NOTHING };
  if (!existsSync(folder)) return null;
  const lines = readFileSync(path.join(folder, "metrics.jsonl"), "utf8").trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as MetricsLine);
  const hard = entries.findLast(({ type, step }) => type === "validation" && step === config.steps);
  if (hard === undefined) return null;
  const { rate, distortion, hardFrom } = config.surrogate;
  // At the end of two-stage training both paths round: its mismatch is that of real rounding.
  const studied: SurrogatePair = hardFrom === undefined ? { name: pair, rate, distortion, hardFrom: null } : ROUNDING;
  const network = await networkOfRun(folder);
  const crops = await readCrops([SAMPLE_FOLDER], CROP, CROPS);
  const study = await studyNetwork(network, crops, { pairs: [studied], draws: DRAWS }, openGraphOn("cpu"));
  return {
    pair,
    lambda: config.lambda,
    status: "finished",
    trainingLoss: trainingLossOf(entries, config),
    hardLoss: hard.loss,
    hardBitsPerPixel: hard.bitsPerPixel,
    hardPsnrDb: hard.psnrDb,
    ...studiedFigures(study, hardFrom),
  };
}

const ROUNDING: SurrogatePair = { name: "ste", rate: "ste", distortion: "ste", hardFrom: null };

async function collect(data: string, runs: string): Promise<void> {
  const planned = plannedRuns(data);
  const rows: PilotRow[] = [];
  for (const run of planned) {
    const row = await rowOf(run, runs);
    if (row === null) process.stderr.write(`${run.name}: not finished, left out\n`);
    else rows.push(row);
  }
  const meta: PilotResult["meta"] = {
    source: "measured",
    plan: "experiments/pilot/plan.json",
    finished: rows.length,
    planned: planned.length,
    commit: execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim(),
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model}, one thread a run, Node ${process.version}`,
  };
  const result: PilotResult = { meta, rows };
  mkdirSync(path.dirname(PILOT_RESULT), { recursive: true });
  writeFileSync(PILOT_RESULT, `${JSON.stringify(result, null, 2)}\n`);
  const readme = new URL("README.md", import.meta.url);
  writeFileSync(readme, withPilotTables(readFileSync(readme, "utf8"), pilotTables(result)));
}

const { values } = parseArgs({ options: { data: { type: "string" }, runs: { type: "string" } } });
if (values.data === undefined || values.runs === undefined) {
  process.stderr.write("pilot: expected --data <packed images> and --runs <folder>\n");
  process.exitCode = 2;
} else await collect(path.resolve(values.data), values.runs);
