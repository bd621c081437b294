/** The results of the experiment on effort as a table. */
import { studentT975 } from "../../src/lab/student-t.ts";
import type { GeneratedPart } from "../generated-part.ts";
import type { EffortRow, Plan } from "./plan.ts";

/** Where the table stands in README.md. */
export const EFFORT_PART: GeneratedPart = {
  start: "<!-- effort: made by `npx tsx experiments/effort/account.ts` -->",
  end: "<!-- /effort -->",
};

/** Mean change of the loss of some crops in percent, and half the width of its 95 % interval over crops (Student's t). */
export interface MeanChange {
  readonly percent: number;
  readonly halfWidth: number;
}

/** @param changes one of each crop, in percent; at least two */
export function meanChange(changes: readonly number[]): MeanChange {
  const count = changes.length;
  const percent = changes.reduce((sum, change) => sum + change, 0) / count;
  const variance = changes.reduce((sum, change) => sum + (change - percent) ** 2, 0) / (count - 1);
  return { percent, halfWidth: studentT975(count - 1) * Math.sqrt(variance / count) };
}

/**
 * There is a row for each arm and a column for each number of iterations. Only crops count that have every measurement of the plan. A crop counts once, with the
 * mean over qualities. A result that became worse counts as it is, though an encoder would drop it.
 */
export function effortTable(plan: Plan, rows: readonly EffortRow[]): string {
  const columns = [...plan.iterations, ...plan.longIterations];
  const perCrop = Object.values(plan.arms).reduce(
    (sum, { long = false }) => sum + (plan.iterations.length + (long ? plan.longIterations.length : 0)),
    0,
  );
  const whole = [...new Set(rows.map(({ crop }) => crop))].filter(
    (crop) => rows.filter((row) => row.crop === crop).length === perCrop * plan.qualities.length,
  );
  const cell = (arm: string, iterations: number): string => {
    const changes = whole.flatMap((crop) => {
      const own = rows.filter((row) => row.arm === arm && row.iterations === iterations && row.crop === crop);
      if (own.length === 0) return [];
      return [own.reduce((sum, { before, after }) => sum + (100 * (after / before - 1)) / own.length, 0)];
    });
    if (changes.length < 2) return "";
    const { percent, halfWidth } = meanChange(changes);
    return `${percent.toFixed(1)} ± ${halfWidth.toFixed(1)}`;
  };
  return [
    `Change of the loss in percent over ${whole.length} crops, with 95 % intervals over crops; qualities ${plan.qualities.join(", ")}.`,
    "",
    `| surrogate | ${columns.map((count) => `${count} iterations`).join(" | ")} |`,
    `|---|${columns.map(() => "---:|").join("")}`,
    ...Object.keys(plan.arms).map((arm) => `| ${arm} | ${columns.map((count) => cell(arm, count)).join(" | ")} |`),
  ].join("\n");
}
