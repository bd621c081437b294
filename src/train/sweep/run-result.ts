/**
 * The result of a run of a plan, as `results/<id>.json` holds it and as collected results list it: the loss with real rounding, the loss in
 * training, gradients, time, machine and versions. A run that diverged is a result like any other.
 */
import { z } from "zod";
import { HalfstepError } from "../../errors.ts";
import { MS_PER_HOUR } from "../../hours.ts";
import type { Surroundings } from "../../surroundings.ts";
import type { TrainConfig } from "../config.ts";
import { meanResult } from "../mean-result.ts";
import { type MetricsRow, psnrDbOf, readMetrics } from "../metrics.ts";
import type { PlannedRun } from "./planned-run.ts";

/** Steps at the end of a run over which its training loss is averaged; fewer where its last stage of training is shorter. */
const LAST_STEPS = 200;
/** Parts of a run over which gradient norms are summarized. */
const GRADIENT_PARTS = 20;
/** In a step of more than this many usual ones the process was paused or the machine stood still; it counts as so many. */
const STALL = 10;

/** A loss and its parts: bits per pixel + lambda * distortion (`distortion.ts`). */
export interface JudgedLoss {
  readonly loss: number;
  readonly bitsPerPixel: number;
  /** Of pixels scaled to 0..1. */
  readonly meanSquaredError: number;
  /** Decibels. */
  readonly psnrDb: number;
  /** Only where the network is trained for it. */
  readonly msSsim?: number | undefined;
}

/** What a run gave. */
export interface RunResult {
  readonly version: 1;
  readonly id: string;
  readonly status: "finished" | "diverged";
  /** Completed steps. */
  readonly steps: number;
  /** Of a run that diverged: at which step, counted from 0, and how. */
  readonly diverged: { readonly step: number; readonly problem: string } | null;
  readonly start:
    | { readonly type: "scratch" }
    | { readonly type: "run"; readonly id: string }
    | { readonly type: "weights"; readonly sha256: string };
  /** The complete configuration, without `data`, `threads`, and how often the run is validated and saved. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Identity of the images (`PackedDataset.contentHash`). */
  readonly dataHash: string;
  /** With real rounding and averaged weights, on crops that were not trained on, after the last step. */
  readonly hard: JudgedLoss | null;
  /** With the surrogates, on the batches of the last steps: the mean over `steps` of them. */
  readonly training: (JudgedLoss & { readonly steps: number }) | null;
  /** Validations on the way, judged like `hard`. */
  readonly curve: {
    readonly step: readonly number[];
    readonly loss: readonly number[];
    readonly bitsPerPixel: readonly number[];
    readonly psnrDb: readonly number[];
  };
  /** Norms of the whole gradient before clipping, over equal parts of the steps: the last step of each, median and highest. */
  readonly gradientNorm: {
    readonly step: readonly number[];
    readonly median: readonly number[];
    readonly highest: readonly number[];
  };
  readonly time: {
    /** Of all threads together, for steps and validations that count; what a killed process lost is not in it. */
    readonly threadHours: number;
    /** Median over steps, of all threads together, milliseconds. */
    readonly threadMsPerStep: number;
    /** Numbers of threads that steps were taken with. */
    readonly threads: readonly number[];
    /** When the result was written, in UTC. */
    readonly finished: string;
  };
  /** What the run was finished on and with. */
  readonly meta: Surroundings;
}

const finite = z.number();
const numbers = z.array(finite);
const judgedShape = {
  loss: finite,
  bitsPerPixel: finite,
  meanSquaredError: finite,
  psnrDb: finite,
  msSsim: finite.optional(),
};

const surroundingsShape = {
  machine: z.string(),
  versions: z.record(z.string(), z.string()),
  commit: z.string().nullable(),
  uncommittedChanges: z.boolean().nullable(),
};

/** The form of a result; unknown fields are refused. */
export const runResultSchema: z.ZodType<RunResult> = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  status: z.enum(["finished", "diverged"]),
  steps: z.int().nonnegative(),
  diverged: z.strictObject({ step: z.int().nonnegative(), problem: z.string() }).nullable(),
  start: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("scratch") }),
    z.strictObject({ type: z.literal("run"), id: z.string() }),
    z.strictObject({ type: z.literal("weights"), sha256: z.string() }),
  ]),
  config: z.record(z.string(), z.unknown()),
  dataHash: z.string(),
  hard: z.strictObject(judgedShape).nullable(),
  training: z.strictObject({ ...judgedShape, steps: z.int().positive() }).nullable(),
  curve: z.strictObject({ step: numbers, loss: numbers, bitsPerPixel: numbers, psnrDb: numbers }),
  gradientNorm: z.strictObject({ step: numbers, median: numbers, highest: numbers }),
  time: z.strictObject({
    threadHours: finite,
    threadMsPerStep: finite,
    threads: z.array(z.int().positive()),
    finished: z.iso.datetime(),
  }),
  meta: z.strictObject(surroundingsShape),
});

/** Fields of a configuration that its result leaves out. */
const LEFT_OUT: readonly (keyof TrainConfig)[] = ["data", "threads", "checkpointEvery", "validateEvery"];

/** What {@link resultOfRun} needs beside the run. */
export interface ResultContext {
  readonly dataHash: string;
  readonly meta: Surroundings;
  readonly diverged?: { readonly step: number; readonly problem: string };
  readonly finished: Date;
}

/** The result of a run that is over, from its folder. @throws HalfstepError `bad-metrics` when its last validation is not there. */
export function resultOfRun(run: PlannedRun, folder: string, context: ResultContext): RunResult {
  const { config, start } = run;
  const { diverged, dataHash, meta, finished } = context;
  const rows = readMetrics(folder);
  const taken = rows.filter(({ type }) => type === "train");
  const validations = rows.filter(({ type }) => type === "validation");
  const last = validations.findLast(({ step }) => step === config.steps);
  if (last === undefined && diverged === undefined) {
    throw new HalfstepError(
      "bad-metrics",
      `run "${folder}": got no validation of step ${config.steps}, expected one; delete the folder to train it again`,
    );
  }
  const kept = Object.entries(config).filter(([field]) => !LEFT_OUT.includes(field as keyof TrainConfig));
  return {
    version: 1,
    id: run.id,
    status: diverged === undefined ? "finished" : "diverged",
    steps: taken.length,
    diverged: diverged ?? null,
    start: start.type === "weights" ? { type: "weights", sha256: start.sha256 } : start,
    config: Object.fromEntries(kept),
    dataHash,
    hard: last === undefined || diverged !== undefined ? null : judged(last),
    training: diverged === undefined ? trainingLoss(taken, config) : null,
    curve: {
      step: validations.map(({ step }) => step),
      loss: validations.map(({ loss }) => rounded(loss)),
      bitsPerPixel: validations.map(({ bitsPerPixel }) => rounded(bitsPerPixel)),
      psnrDb: validations.map(({ psnrDb }) => rounded(psnrDb)),
    },
    gradientNorm: gradientNorms(taken),
    time: { ...timeOf(rows, taken), finished: finished.toISOString() },
    meta,
  };
}

function judged({ loss, bitsPerPixel, meanSquaredError, psnrDb, msSsim }: MetricsRow): JudgedLoss {
  return { loss, bitsPerPixel, meanSquaredError, psnrDb, ...(msSsim === undefined ? {} : { msSsim }) };
}

/** Mean over the last steps, all of them of the last stage of training. */
function trainingLoss(taken: readonly MetricsRow[], config: TrainConfig): RunResult["training"] {
  const { steps, surrogate } = config;
  // Training counts steps from 0, and is in its last stage from hardFrom * steps on.
  const firstStep = Math.max(steps - LAST_STEPS, (surrogate.hardFrom ?? 0) * steps);
  const last = taken.filter(({ step }) => step - 1 >= firstStep);
  if (last.length === 0) return null;
  const { gradientNorm: _, ...mean } = meanResult(last.map((result) => ({ images: 1, result })));
  // Of the mean error, as a validation has it.
  return { ...mean, psnrDb: psnrDbOf(mean.meanSquaredError), steps: last.length };
}

function gradientNorms(taken: readonly MetricsRow[]): RunResult["gradientNorm"] {
  const parts = Math.min(GRADIENT_PARTS, taken.length);
  const summary: Record<keyof RunResult["gradientNorm"], number[]> = { step: [], median: [], highest: [] };
  for (let part = 0; part < parts; part++) {
    const [first, end] = [part, part + 1].map((k) => Math.floor((k * taken.length) / parts)) as [number, number];
    const norms = taken.slice(first, end).map(({ gradientNorm }) => gradientNorm ?? 0);
    summary.step.push(taken[end - 1]?.step ?? 0);
    summary.median.push(rounded(median(norms)));
    summary.highest.push(rounded(Math.max(...norms)));
  }
  return summary;
}

function timeOf(rows: readonly MetricsRow[], taken: readonly MetricsRow[]): Omit<RunResult["time"], "finished"> {
  const usualMs = median(taken.map(threadMs));
  const threads = [...new Set(taken.map((row) => row.threads ?? 1))].sort((a, b) => a - b);
  const most = Math.max(1, ...threads);
  const steps = countedThreadMs(taken).reduce((sum, ms) => sum + ms, 0);
  const validations = rows.filter(({ type }) => type === "validation");
  const judging = validations.reduce((sum, { milliseconds }) => sum + milliseconds * most, 0);
  return {
    threadHours: rounded((steps + judging) / MS_PER_HOUR),
    threadMsPerStep: Number(usualMs.toFixed(2)),
    threads,
  };
}

/**
 * The time of each step of a run that counts: wall time times threads, milliseconds, in steps of over ten usual ones that of ten.
 * @param taken the rows of steps
 */
export function countedThreadMs(taken: readonly MetricsRow[]): readonly number[] {
  const all = taken.map(threadMs);
  const most = STALL * median(all);
  return all.map((ms) => Math.min(ms, most));
}

function threadMs({ milliseconds, threads = 1 }: MetricsRow): number {
  return milliseconds * threads;
}

/** The median, 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
