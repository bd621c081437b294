/** The generated part of experiments/LOG.md: one table for each question, one row for each run. Runs that lost stand there too. */
import { markdownTable } from "../../src/report/markdown.ts";
import { withGeneratedPart } from "../generated-part.ts";
import type { LadderResult, LadderRun } from "./ladder-result.ts";
import type { LadderPlan } from "./plan.ts";

const PART = { start: "<!-- ladder: made by `npx tsx experiments/ladder/collect.ts` -->", end: "<!-- /ladder -->" };

const COLUMNS = ["run", "what changed", "lambda", "steps", "ms a step", "hours", "loss", "bpp", "PSNR dB", "verdict"];

/** The tables, in the order of the questions. Runs that have not begun stand there without numbers. */
export function ladderTables(plan: LadderPlan, { runs }: LadderResult): string {
  const measured = new Map(runs.map((run) => [run.name, run]));
  const sections = Object.entries(plan.questions).flatMap(([question, sentence]) => {
    const rungs = plan.runs.filter((rung) => rung.question === question);
    if (rungs.length === 0) return [];
    const rows = rungs.map(({ name, changed, verdict }) => {
      const run = measured.get(name);
      return [name, changed, ...(run === undefined ? COLUMNS.slice(2, -1).map(() => "-") : figures(run)), verdict];
    });
    return [`### ${question}: ${sentence}\n\n${markdownTable(COLUMNS, rows)}`];
  });
  return sections.join("\n\n");
}

function figures({ config, status, steps, plannedSteps, medianStepMs, threadHours, curve }: LadderRun): string[] {
  const of = { finished: "", unfinished: ` of ${plannedSteps}`, diverged: ` of ${plannedSteps}, diverged` }[status];
  const last = (values: readonly number[], decimals: number): string => values.at(-1)?.toFixed(decimals) ?? "-";
  const { lambda, lambdaRange } = config;
  return [
    Array.isArray(lambdaRange) ? lambdaRange.join(" to ") : String(lambda),
    `${steps}${of}`,
    medianStepMs.toFixed(0),
    threadHours.toFixed(2),
    last(curve.loss, 4),
    last(curve.bitsPerPixel, 4),
    last(curve.psnrDb, 2),
  ];
}

/**
 * The log with its generated part replaced.
 * @throws {HalfstepError} `bad-document` if the two marks are not there
 */
export function withTables(log: string, tables: string): string {
  return withGeneratedPart(log, "experiments/LOG.md", PART, tables);
}
