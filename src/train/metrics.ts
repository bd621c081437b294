/**
 * The metrics of a run: `metrics.jsonl`, one JSON object per line, appended while training. Resuming from a checkpoint first
 * drops what was written after it, so that every step appears once.
 */
import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import path from "node:path";
import { cannotWrite } from "../atomic-file.ts";
import { HalfstepError } from "../errors.ts";
import { readText } from "./reading.ts";
import { replaceFile, writeAll } from "./replace-file.ts";
import type { TrainStepResult } from "./train-step.ts";

/** Name of the metrics inside a run folder. */
export const METRICS_FILE = "metrics.jsonl";

/** One line of the metrics. */
export interface MetricsRow {
  /** "train": the batch of one step, noise in place of rounding. "validation": fixed crops, real rounding, averaged weights. */
  readonly type: "train" | "validation";
  /** Completed steps. */
  readonly step: number;
  readonly loss: number;
  readonly bitsPerPixel: number;
  /** Of pixels scaled to 0..1. */
  readonly meanSquaredError: number;
  /** Peak signal-to-noise ratio in decibels, at most 100. */
  readonly psnrDb: number;
  /** MS-SSIM, 0..1; only where the network is trained for it. */
  readonly msSsim?: number;
  /** Only of "train": norm of the gradient before clipping. */
  readonly gradientNorm?: number;
  /** Only of "train". */
  readonly learningRate?: number;
  /** Only of "train": threads that took the step. A run may go on with another number; rows of older versions lack it. */
  readonly threads?: number;
  /** Wall time of the step, or of the validation. */
  readonly milliseconds: number;
}

/** PSNR in decibels of a mean squared error of pixels scaled to 0..1: -10 log10(mse), at most 100. */
export function psnrDbOf(meanSquaredError: number): number {
  return Math.min(100, -10 * Math.log10(meanSquaredError));
}

/** The part of a row that comes from a result. */
export function resultFields(
  result: TrainStepResult,
): Pick<MetricsRow, "loss" | "bitsPerPixel" | "meanSquaredError" | "psnrDb" | "msSsim"> {
  const { loss, bitsPerPixel, meanSquaredError, msSsim } = result;
  const psnrDb = psnrDbOf(meanSquaredError);
  return { loss, bitsPerPixel, meanSquaredError, psnrDb, ...(msSsim === undefined ? {} : { msSsim }) };
}

/**
 * Reads the metrics of a run; an incomplete last line, as a killed process leaves it, is passed over.
 * @param neededSteps steps whose rows must be there. A line that is no row, as a power failure leaves it, ends the reading
 *   when it comes after them. Default: every line must be a row.
 * @throws HalfstepError "bad-metrics" for any other line that is no row; "cannot-read".
 */
export function readMetrics(folder: string, neededSteps: number = Number.POSITIVE_INFINITY): MetricsRow[] {
  const file = path.join(folder, METRICS_FILE);
  if (!existsSync(file)) return [];
  const lines = readText(file).split("\n");
  lines.pop(); // What follows the last line end: nothing, or a torn line.
  const rows: MetricsRow[] = [];
  for (const [index, line] of lines.entries()) {
    const row = parseRow(line);
    if (row !== undefined) rows.push(row);
    else if ((rows.at(-1)?.step ?? 0) >= neededSteps) break;
    else {
      throw new HalfstepError(
        "bad-metrics",
        `metrics "${file}": got a line ${index + 1} that is damaged, expected a JSON object with a step; restore the file, or delete that line to go on without it`,
      );
    }
  }
  return rows;
}

/** The row of a line; undefined if the line is not a row. */
function parseRow(line: string): MetricsRow | undefined {
  try {
    const row = JSON.parse(line) as MetricsRow | null;
    return typeof row?.step === "number" ? row : undefined;
  } catch {
    return undefined;
  }
}

/** The metrics file of a run, open for appending. */
export class MetricsWriter {
  readonly #file: string;
  readonly #descriptor: number;
  #open = true;

  /**
   * Opens (or creates) the metrics of a run and drops rows of steps after `completedSteps`.
   * @throws HalfstepError "bad-metrics" when a line that should be kept is damaged; "cannot-read"; "cannot-write".
   */
  constructor(folder: string, completedSteps: number) {
    this.#file = path.join(folder, METRICS_FILE);
    const kept = readMetrics(folder, completedSteps).filter(({ step }) => step <= completedSteps);
    replaceFile(this.#file, kept.map((row) => `${JSON.stringify(row)}\n`).join(""));
    this.#descriptor = this.#writing(() => openSync(this.#file, "a"));
  }

  /** Appends a row. A killed process loses at most the row that it is writing. @throws HalfstepError "cannot-write". */
  append(row: MetricsRow): void {
    this.#writing(() => writeAll(this.#descriptor, new TextEncoder().encode(`${JSON.stringify(row)}\n`)));
  }

  /** Makes the rows so far survive a power failure; done before every checkpoint. @throws HalfstepError "cannot-write". */
  flush(): void {
    this.#writing(() => fsyncSync(this.#descriptor));
  }

  /** Closes the file. Closing twice is allowed. */
  close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }

  #writing<Result>(step: () => Result): Result {
    try {
      return step();
    } catch (error) {
      throw cannotWrite(this.#file, error);
    }
  }
}
