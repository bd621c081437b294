/** What the folder of a sweep says of a run of the ladder: the time that it took, and its validations. */

import { MS_PER_HOUR } from "../../src/hours.ts";
import { type MetricsRow, readMetrics } from "../../src/train/metrics.ts";
import { countedThreadMs, median } from "../../src/train/sweep/run-result.ts";
import type { SweepFolder } from "../../src/train/sweep/sweep-folder.ts";
import type { LadderCurve, LadderRun } from "./ladder-result.ts";
import type { Rung } from "./plan.ts";

/** Fields of a configuration that say how this machine trained. */
const OF_THE_MACHINE: readonly string[] = ["data", "threads"];

/** The run of a rung, finished or not. Null if it is retired or has not taken a step. @throws {HalfstepError} `bad-metrics`, `bad-result`. */
export function measureRun({ run, ...rung }: Rung, sweep: SweepFolder): LadderRun | null {
  if (run === null) return null;
  const rows = readMetrics(sweep.runFolder(run.id));
  const taken = rows.filter(({ type }) => type === "train");
  if (taken.length === 0) return null;
  const { steps } = run.config;
  const counted = countedThreadMs(taken);
  const hasDiverged = sweep.readResult(run.id)?.status === "diverged";
  return {
    name: rung.name,
    question: rung.question,
    changed: rung.changed,
    against: rung.against ?? [],
    status: hasDiverged ? "diverged" : taken.length === steps ? "finished" : "unfinished",
    config: Object.fromEntries(Object.entries(run.config).filter(([field]) => !OF_THE_MACHINE.includes(field))),
    plannedSteps: steps,
    steps: taken.length,
    threadHours: inHours(counted.reduce((sum, ms) => sum + ms, 0)),
    medianStepMs: rounded(median(taken.map(({ milliseconds }) => milliseconds)), 1),
    curve: curveOf(rows, counted),
  };
}

/** The run of a rung. If the folder does not hold it: what was measured of it before, in the plan's present words, or null. */
export function measuredOrKept(rung: Rung, sweep: SweepFolder, earlier: readonly LadderRun[]): LadderRun | null {
  const measured = measureRun(rung, sweep);
  const kept = earlier.find(({ name }) => name === rung.name);
  if (measured !== null || kept === undefined) return measured;
  return { ...kept, question: rung.question, changed: rung.changed, against: rung.against ?? [] };
}

/** The validations, each with the time of all threads for the steps before it. @param counted milliseconds that count, for each step */
function curveOf(rows: readonly MetricsRow[], counted: readonly number[]): LadderCurve {
  const curve: Record<keyof LadderCurve, number[]> = { step: [], hours: [], loss: [], bitsPerPixel: [], psnrDb: [] };
  let [taken, trainedMs] = [0, 0];
  for (const row of rows) {
    if (row.type === "train") trainedMs += counted[taken++] ?? 0;
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

function inHours(milliseconds: number): number {
  return rounded(milliseconds / MS_PER_HOUR, 5);
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
