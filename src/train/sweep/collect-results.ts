/**
 * All results of a plan as one document, for `results/measured`: the runs in the order of the plan, under its present names, and the missing
 * ones with the reason. results/README.md defines the fields.
 */
import { z } from "zod";
import type { Surroundings } from "../../surroundings.ts";
import type { ExpandedPlan } from "./expand-plan.ts";
import { type RunResult, runResultSchema } from "./run-result.ts";
import type { SweepFolder } from "./sweep-folder.ts";
import { sweepStatus } from "./sweep-status.ts";

/** Collected results. */
export interface SweepResult {
  readonly version: 1;
  /** When, on which machine and by which code the results were collected; each run says by which it was trained. */
  readonly meta: Surroundings & {
    readonly source: "measured";
    /** Name of the plan. */
    readonly plan: string;
    readonly question: string;
    /** YYYY-MM-DD. */
    readonly date: string;
    readonly planned: number;
    readonly finished: number;
    readonly diverged: number;
    /** Of all runs together. */
    readonly threadHours: number;
  };
  /** In the order of the plan. */
  readonly runs: readonly {
    readonly name: string;
    readonly stage: string;
    /** Axis to name of the value. */
    readonly values: Readonly<Record<string, string>>;
    /** The seed of the plan, which pairs runs. */
    readonly seed: number;
    readonly result: RunResult;
  }[];
  readonly missing: readonly { readonly name: string; readonly id: string; readonly reason: string }[];
}

const count = z.int().nonnegative();

/** The form of collected results; unknown fields are refused. */
export const sweepResultSchema: z.ZodType<SweepResult> = z.strictObject({
  version: z.literal(1),
  meta: z.strictObject({
    source: z.literal("measured"),
    plan: z.string(),
    question: z.string(),
    date: z.iso.date(),
    machine: z.string(),
    versions: z.record(z.string(), z.string()),
    commit: z.string().nullable(),
    uncommittedChanges: z.boolean().nullable(),
    planned: count,
    finished: count,
    diverged: count,
    threadHours: z.number(),
  }),
  runs: z.array(
    z.strictObject({
      name: z.string(),
      stage: z.string(),
      values: z.record(z.string(), z.string()),
      seed: count,
      result: runResultSchema,
    }),
  ),
  missing: z.array(z.strictObject({ name: z.string(), id: z.string(), reason: z.string() })),
});

/** Collects what the folder has of a plan. @param meta of this process @param date YYYY-MM-DD */
export function collectResults(folder: SweepFolder, plan: ExpandedPlan, meta: Surroundings, date: string): SweepResult {
  const { runs, threadHoursUsed } = sweepStatus(folder, plan.runs);
  const over = runs.flatMap(({ run: { name, stage, values, seed }, result }) => {
    if (result === undefined) return [];
    return [{ name, stage, values, seed, result }];
  });
  return {
    version: 1,
    meta: {
      source: "measured",
      plan: plan.name,
      question: plan.question,
      date,
      ...meta,
      planned: runs.length,
      finished: over.filter(({ result: { status } }) => status === "finished").length,
      diverged: over.filter(({ result: { status } }) => status === "diverged").length,
      threadHours: Number(threadHoursUsed.toPrecision(6)),
    },
    runs: over,
    missing: runs
      .filter(({ result }) => result === undefined)
      .map(({ run: { name, id, config }, state, step }) => ({
        name,
        id,
        reason:
          state === "blocked"
            ? "the run that it begins from diverged"
            : step > 0
              ? `at step ${step} of ${config.steps}`
              : "not begun",
      })),
  };
}

/** As text: a line for each run, so that two versions can be compared. */
export function sweepResultText({ version, meta, runs, missing }: SweepResult): string {
  const lines = (items: readonly unknown[]): string =>
    items.length === 0 ? "[]" : `[\n  ${items.map((item) => JSON.stringify(item)).join(",\n  ")}\n ]`;
  const metaText = JSON.stringify(meta, null, 1).replaceAll("\n", "\n ");
  return `{\n "version": ${version},\n "meta": ${metaText},\n "runs": ${lines(runs)},\n "missing": ${lines(missing)}\n}\n`;
}
