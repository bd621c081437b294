/**
 * From a plan to its runs, in the order in which they are to be trained: stage by stage, in a stage seed by seed, so that a comparison that
 * is stopped early has whole groups of paired runs.
 *
 * All configurations are checked here: a misspelt one fails before the first step of the first run.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { TrainConfig } from "../config.ts";
import { parseConfig } from "../parse-config.ts";
import { badPlan, type FieldValues, type PlanStage, readPlan, type SweepPlan } from "./plan-schema.ts";
import { type PlannedRun, type RunStart, runId } from "./planned-run.ts";

/** Stands for the images in a planned configuration. */
export const NO_DATA = "-";

/** A plan with its runs. */
export interface ExpandedPlan {
  readonly name: string;
  readonly question: string;
  /** Each begins from nothing, or from one that stands before it. */
  readonly runs: readonly PlannedRun[];
}

/** Reads a plan and expands it. @throws {UsageError} `bad-plan`; `bad-config` naming the first run whose configuration is wrong. */
export function expandPlanFile(file: string): ExpandedPlan {
  return expandPlan(readPlan(file), file);
}

/** Expands a plan. @param where how messages call it. @throws as {@link expandPlanFile} */
function expandPlan(plan: SweepPlan, where: string): ExpandedPlan {
  const byStage = new Map<string, readonly PlannedRun[]>();
  for (const stage of plan.stages) {
    const trunks = typeof stage.from === "string" ? (byStage.get(stage.from) ?? []) : undefined;
    const runs = trunks === undefined ? stageRuns(plan, stage, where) : forkRuns(plan, stage, trunks, where);
    if (runs.length === 0) {
      throw badPlan(where, [
        `stages.${stage.name}: got no run, expected values and seeds that ${trunks === undefined ? "give some" : "the stage that it begins from has"}`,
      ]);
    }
    const untaught = runs.find(({ config, start }) => config.trained === "decoder" && start.type === "scratch");
    if (untaught !== undefined) {
      throw badPlan(where, [
        `${untaught.name}: got trained "decoder" from scratch, expected it in a stage with "from"`,
      ]);
    }
    const twice = firstRepeated(runs);
    if (twice !== undefined) {
      const [first, second] = twice;
      throw badPlan(where, [`${first.name} and ${second.name}: got one configuration under two names, expected two`]);
    }
    byStage.set(stage.name, runs);
  }
  return { name: plan.name, question: plan.question, runs: [...byStage.values()].flat() };
}

/** Runs that begin from scratch or from a file. */
function stageRuns(plan: SweepPlan, stage: PlanStage, where: string): readonly PlannedRun[] {
  const start = startOf(plan, stage, where);
  return (stage.seeds ?? []).flatMap((seed) =>
    combinations(plan, stage, {}).map((values) =>
      plannedRun(plan, stage, { values, seed, ownSeed: seed, start }, where),
    ),
  );
}

/** Runs that begin from those of another stage. */
function forkRuns(
  plan: SweepPlan,
  stage: PlanStage,
  trunks: readonly PlannedRun[],
  where: string,
): readonly PlannedRun[] {
  const { seeds } = stage;
  const missing = seeds?.find((seed) => !trunks.some((trunk) => trunk.seed === seed));
  if (missing !== undefined) {
    throw badPlan(where, [
      `stages.${stage.name}.seeds: got ${missing}, expected seeds of the stage that it begins from`,
    ]);
  }
  const chosen = trunks.filter(({ seed }) => seeds === undefined || seeds.includes(seed));
  return chosen.flatMap((trunk) =>
    combinations(plan, stage, trunk.values).map((values) => {
      const [ownSeed, start] = [trunk.seed + stage.seedOffset, { type: "run", id: trunk.id } as const];
      return plannedRun(plan, stage, { values, seed: trunk.seed, ownSeed, start }, where);
    }),
  );
}

/** All values of a stage's axes, the last axis running fastest; those that are given already only select. */
function combinations(
  plan: SweepPlan,
  stage: PlanStage,
  given: Readonly<Record<string, string>>,
): readonly Readonly<Record<string, string>>[] {
  let all: readonly Readonly<Record<string, string>>[] = [given];
  for (const [axis, names] of Object.entries(stage.axes)) {
    const chosen = names === "all" ? Object.keys(plan.axes[axis] ?? {}) : names;
    const fixed = given[axis];
    if (fixed === undefined) all = all.flatMap((values) => chosen.map((name) => ({ ...values, [axis]: name })));
    else if (!chosen.includes(fixed)) return [];
  }
  return all;
}

function startOf({ folder }: SweepPlan, { name, from }: PlanStage, where: string): RunStart {
  if (typeof from !== "object") return { type: "scratch" };
  const file = path.join(folder, from.weights);
  try {
    return { type: "weights", sha256: createHash("sha256").update(readFileSync(file)).digest("hex"), file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badPlan(
      where,
      [`stages.${name}.from: got "${file}", which cannot be read (${code}), expected weights`],
      error,
    );
  }
}

interface RunPlace {
  readonly values: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly ownSeed: number;
  readonly start: RunStart;
}

function plannedRun(plan: SweepPlan, stage: PlanStage, place: RunPlace, where: string): PlannedRun {
  const { values, seed, ownSeed, start } = place;
  const name = [stage.name, ...Object.values(values), `s${seed}`].join("/");
  // Later ones replace earlier ones. In the order of the plan's axes, not of the stages that name them.
  const sets: readonly FieldValues[] = [
    plan.base,
    stage.set,
    ...Object.keys(plan.axes).flatMap((axis) => {
      const value = values[axis];
      return value === undefined ? [] : [plan.axes[axis]?.[value] ?? {}];
    }),
  ];
  const overrides = sets.flatMap((set) =>
    Object.entries(set).map(([field, value]) => `${field}=${JSON.stringify(value)}`),
  );
  const fixed = JSON.stringify({ data: NO_DATA, seed: ownSeed });
  const config: TrainConfig = parseConfig(fixed, overrides, `plan "${where}": ${name}`);
  if (config.validateEvery === 0) {
    throw badPlan(where, [
      `${name}: validateEvery: got 0, expected at least 1: a run is judged by its last validation`,
    ]);
  }
  return { id: runId(config, start), name, stage: stage.name, values, seed, start, config };
}

function firstRepeated(runs: readonly PlannedRun[]): readonly [PlannedRun, PlannedRun] | undefined {
  const seen = new Map<string, PlannedRun>();
  for (const run of runs) {
    const first = seen.get(run.id);
    if (first !== undefined) return [first, run];
    seen.set(run.id, run);
  }
  return undefined;
}
