/** What the folder of a run says of it: its stored configuration, the time it took, and its validations. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { HalfstepError } from "../../src/errors.ts";
import { type MetricsRow, readMetrics } from "../../src/train/metrics.ts";
import { divergedFile } from "../train-run.ts";
import type { LadderCurve, LadderRun } from "./ladder-result.ts";
import { type Rung, withoutPlaces } from "./plan.ts";

const MS_PER_HOUR = 3_600_000;
/** In a step of more than this many usual ones the process was paused or the machine stood still; it counts as so many. */
const STALL = 10;

/** The fields of a stored configuration that are needed here; what else there is depends on when it was stored. */
const storedSchema = z.looseObject({ steps: z.int().positive(), threads: z.int().positive() });

/**
 * The run of a folder, or null if it has not taken a step.
 * @param runs the folder that holds the runs' folders
 * @throws {HalfstepError} `bad-run` if its stored configuration is not what its file in the plan says
 */
export function measureRun(rung: Rung, runs: string): LadderRun | null {
  const folder = path.join(runs, rung.name);
  const configFile = path.join(folder, "config.json");
  if (!existsSync(configFile)) return null;
  const stored = JSON.parse(readFileSync(configFile, "utf8")) as Readonly<Record<string, unknown>>;
  const parsed = storedSchema.safeParse(stored);
  if (!parsed.success) {
    throw new HalfstepError("bad-run", `${configFile}: got no steps and threads, expected the configuration of a run`);
  }
  const { steps, threads } = parsed.data;
  const difference = differingField(rung.config, stored);
  if (difference !== null) {
    throw new HalfstepError(
      "bad-run",
      `configs/${rung.name}.json: ${difference}, as stored in ${configFile}; correct the file, or train the run anew in another folder`,
    );
  }
  const rows = readMetrics(folder);
  const taken = rows.filter(({ type }) => type === "train");
  if (taken.length === 0) return null;
  const usualMs = median(taken.map(({ milliseconds }) => milliseconds));
  const threadMs = (row: MetricsRow): number => Math.min(row.milliseconds, STALL * usualMs) * (row.threads ?? threads);
  const hasDiverged = existsSync(divergedFile(folder));
  return {
    name: rung.name,
    question: rung.question,
    changed: rung.changed,
    against: rung.against ?? [],
    status: hasDiverged ? "diverged" : taken.length === steps ? "finished" : "unfinished",
    config: withoutPlaces(stored),
    plannedSteps: steps,
    steps: taken.length,
    threadHours: inHours(taken.reduce((sum, row) => sum + threadMs(row), 0)),
    medianStepMs: rounded(usualMs, 1),
    curve: curveOf(rows, threadMs),
  };
}

/** The run of a folder, or where the folder does not hold it, what was measured of it before, in the plan's present words; or null. */
export function measuredOrKept(rung: Rung, runs: string, earlier: readonly LadderRun[]): LadderRun | null {
  const measured = measureRun(rung, runs);
  const kept = earlier.find(({ name }) => name === rung.name);
  if (measured !== null || kept === undefined) return measured;
  return { ...kept, question: rung.question, changed: rung.changed, against: rung.against ?? [] };
}

/** The validations, each with the time of all threads for the steps before it. */
function curveOf(rows: readonly MetricsRow[], threadMs: (row: MetricsRow) => number): LadderCurve {
  const curve: Record<keyof LadderCurve, number[]> = { step: [], hours: [], loss: [], bitsPerPixel: [], psnrDb: [] };
  let trainedMs = 0;
  for (const row of rows) {
    if (row.type === "train") trainedMs += threadMs(row);
    else {
      const { step, loss, bitsPerPixel, psnrDb } = row;
      curve.step.push(step);
      curve.hours.push(inHours(trainedMs));
      curve.loss.push(rounded(loss, 5));
      curve.bitsPerPixel.push(rounded(bitsPerPixel, 5));
      curve.psnrDb.push(rounded(psnrDb, 4));
    }
  }
  return curve;
}

/**
 * The first field in which what a file sets differs from what was stored, in words; null if there is none. A stored configuration has
 * more fields, with their defaults, and a surrogate without options of its own is stored as its name alone.
 */
export function differingField(wanted: unknown, stored: unknown, field = ""): string | null {
  if (isObject(wanted) && isObject(stored)) {
    for (const [key, value] of Object.entries(wanted)) {
      const found = differingField(value, stored[key], field === "" ? key : `${field}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  const bareName = isObject(wanted) && Object.keys(wanted).join() === "id" ? wanted.id : wanted;
  const [text, storedText] = [bareName, stored].map((value) => JSON.stringify(value) ?? "nothing");
  return text === storedText ? null : `${field}: got ${text}, expected ${storedText}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function inHours(milliseconds: number): number {
  return rounded(milliseconds / MS_PER_HOUR, 5);
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
