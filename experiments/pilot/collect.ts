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
import {
  networkOfRun,
  onnxruntimeOpener,
  readCrops,
  SAMPLE_FOLDER,
  studyNetwork,
} from "../../src/lab/trained/index.ts";
import { divergedFile } from "../train-run.ts";
import { type PlannedRun, plannedRuns } from "./plan.ts";

/** Steps at the end of a run over which its training loss is averaged. */
const LAST_STEPS = 200;
const CROP = 256;
const CROPS = 6;
const DRAWS = 4;

/** What one run gave; losses are bits per pixel + lambda * 255^2 * mean squared error. */
interface PilotRow {
  readonly pair: string;
  readonly lambda: number;
  readonly status: "finished" | "diverged";
  /** Mean over the last {@link LAST_STEPS} steps, with the surrogates. */
  readonly trainingLoss: number | null;
  /** With real rounding, on the crops that were not trained on. */
  readonly hardLoss: number | null;
  readonly hardBitsPerPixel: number | null;
  readonly hardPsnrDb: number | null;
  /** Loss with the surrogates minus loss with real rounding, on the samples, with the bounds of 95 % over images. */
  readonly mismatch: { readonly value: number; readonly low: number | null; readonly high: number | null } | null;
  /** Variance of the encoder's gradient over draws of noise, in parts of the squared norm of its mean. */
  readonly encoderGradientNoise: number | null;
}

interface MetricsLine {
  readonly type: string;
  readonly step: number;
  readonly loss: number;
  readonly bitsPerPixel: number;
  readonly psnrDb: number;
}

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
  const last = entries.filter(({ type, step }) => type === "train" && step > config.steps - LAST_STEPS);
  const { rate, distortion, hardFrom = null } = config.surrogate;
  // At the end of two-stage training both paths round: its mismatch is that of real rounding.
  const studied: SurrogatePair = hardFrom === null ? { name: pair, rate, distortion, hardFrom } : ROUNDING;
  const network = await networkOfRun(folder);
  const crops = await readCrops([SAMPLE_FOLDER], CROP, CROPS);
  const study = await studyNetwork(network, crops, { pairs: [studied], draws: DRAWS }, onnxruntimeOpener(1));
  const figures = study.pairs[0];
  if (figures === undefined) throw new Error(`internal: the study of ${name} gave nothing`);
  const { value, low, high } = figures.lossMismatch;
  return {
    pair,
    lambda: config.lambda,
    status: "finished",
    trainingLoss: last.reduce((sum, { loss }) => sum + loss, 0) / last.length,
    hardLoss: hard.loss,
    hardBitsPerPixel: hard.bitsPerPixel,
    hardPsnrDb: hard.psnrDb,
    mismatch: { value, low, high },
    encoderGradientNoise: figures.encoderGradientVariance / figures.encoderGradientSquared,
  };
}

const ROUNDING: SurrogatePair = { name: "ste", rate: "ste", distortion: "ste", hardFrom: null };

function tableOf(rows: readonly PilotRow[], lambda: number): string {
  const number = (value: number | null, digits: number): string => value?.toFixed(digits) ?? "diverged";
  const ofLambda = rows.filter((row) => row.lambda === lambda);
  const sorted = ofLambda.toSorted((a, b) => (a.hardLoss ?? Infinity) - (b.hardLoss ?? Infinity));
  return [
    `Lambda ${lambda}:`,
    "",
    "| pair | hard loss | bpp | PSNR dB | training loss | mismatch on the samples | encoder gradient noise |",
    "|---|---|---|---|---|---|---|",
    ...sorted.map(({ pair, hardLoss, hardBitsPerPixel, hardPsnrDb, trainingLoss, mismatch, encoderGradientNoise }) => {
      const { low = null, high = null } = mismatch ?? {};
      const between = low === null || high === null ? "" : ` (${low.toFixed(3)}..${high.toFixed(3)})`;
      const cells = [
        pair,
        number(hardLoss, 4),
        number(hardBitsPerPixel, 4),
        number(hardPsnrDb, 2),
        number(trainingLoss, 4),
        number(mismatch?.value ?? null, 4) + between,
        number(encoderGradientNoise, 3),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ].join("\n");
}

async function collect(data: string, runs: string): Promise<void> {
  const planned = plannedRuns(data);
  const rows: PilotRow[] = [];
  for (const run of planned) {
    const row = await rowOf(run, runs);
    if (row === null) process.stderr.write(`${run.name}: not finished, left out\n`);
    else rows.push(row);
  }
  const meta = {
    source: "measured",
    plan: "experiments/pilot/plan.json",
    finished: rows.length,
    planned: planned.length,
    commit: execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim(),
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model}, one thread a run, Node ${process.version}`,
  };
  const results = new URL("../../results/measured/", import.meta.url);
  mkdirSync(results, { recursive: true });
  writeFileSync(new URL("pilot.json", results), `${JSON.stringify({ meta, rows }, null, 2)}\n`);
  const readme = new URL("README.md", import.meta.url);
  const [before, rest] = readFileSync(readme, "utf8").split("<!-- results -->\n") as [string, string];
  const after = rest.slice(rest.indexOf("<!-- /results -->"));
  const lambdas = [...new Set(planned.map(({ config }) => config.lambda))];
  const tables = lambdas.map((lambda) => tableOf(rows, lambda)).join("\n\n");
  const state = `${rows.length} of ${planned.length} runs.`;
  writeFileSync(readme, `${before}<!-- results -->\n${state}\n\n${tables}\n${after}`);
}

const { values } = parseArgs({ options: { data: { type: "string" }, runs: { type: "string" } } });
if (values.data === undefined || values.runs === undefined) {
  process.stderr.write("pilot: expected --data <packed images> and --runs <folder>\n");
  process.exitCode = 2;
} else await collect(path.resolve(values.data), values.runs);
