/**
 * The plan of the ladder. `rungs.json` lists all runs, also those of the past, with the question that each belongs to. `plan.json` is the
 * plan for `halfstep sweep`. It has a stage for each run that can be trained.
 *
 * Refuses a run that is neither retired nor a stage of the plan, a stage that is no run, and runs that are judged on different crops.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UsageError } from "../../src/errors.ts";
import { expandPlanFile } from "../../src/train/sweep/expand-plan.ts";
import type { PlannedRun } from "../../src/train/sweep/planned-run.ts";

/** This folder, which holds the plan. */
export const LADDER_FOLDER: string = fileURLToPath(new URL(".", import.meta.url));

const rungShape = {
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  question: z.string(),
  changed: z.string().min(1),
  verdict: z.string(),
  startFrom: z.string().optional(),
  against: z.array(z.string()).optional(),
  retired: z.string().min(1).optional(),
};
const rungsSchema = z.strictObject({
  questions: z.record(z.string().regex(/^[a-z-]+$/), z.string().min(1)),
  runs: z.array(z.strictObject(rungShape)).min(1),
});

/** One run of the ladder. */
export interface Rung {
  /** Name of its stage in the plan, if it is not retired. */
  readonly name: string;
  /** A key of {@link LadderPlan.questions}. */
  readonly question: string;
  /** What distinguishes it, in one line. */
  readonly changed: string;
  /** What we learned from its end. Empty until somebody has judged it. */
  readonly verdict: string;
  /** For a retired run: the run whose weights it began with. For others, the plan says it. */
  readonly startFrom?: string | undefined;
  /** Runs of other questions that the figure draws beside it. */
  readonly against?: readonly string[] | undefined;
  /** Why it is not trained again. */
  readonly retired?: string | undefined;
  /** What is trained. Null if it is retired. */
  readonly run: PlannedRun | null;
}

/** The whole plan. */
export interface LadderPlan {
  /** Questions as sentences, by their short names, in the order in which they are shown. */
  readonly questions: Readonly<Record<string, string>>;
  /** Runs in the order of the log. */
  readonly runs: readonly Rung[];
}

/**
 * Reads the plan.
 * @param folder the folder of `rungs.json` and `plan.json`. Default: this one.
 * @throws {UsageError} `bad-plan` for what does not fit together, with the file; `bad-config` where a stage asks for what training does not know
 */
export function readPlan(folder: string = LADDER_FOLDER): LadderPlan {
  const file = path.join(folder, "rungs.json");
  const parsed = rungsSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0]!;
    throw badPlan(`${file}: ${place.join(".")}: ${message}; correct it`);
  }
  const { questions, runs } = parsed.data;
  const names = new Set<string>();
  for (const { name, question, startFrom, retired } of runs) {
    if (names.has(name)) throw badPlan(`${file}: got the run "${name}" twice; leave one out`);
    if (!Object.hasOwn(questions, question)) {
      const known = Object.keys(questions).join(", ");
      throw badPlan(`${file}: ${name}: got the question "${question}", expected one of ${known}`);
    }
    if (startFrom !== undefined && !names.has(startFrom)) {
      throw badPlan(`${file}: ${name}: got startFrom "${startFrom}", expected a run that stands before it`);
    }
    if (startFrom !== undefined && retired === undefined) {
      throw badPlan(
        `${file}: ${name}: got startFrom "${startFrom}", expected it only of a retired run; plan.json says it`,
      );
    }
    names.add(name);
  }
  for (const { name, against = [] } of runs) {
    const unknown = against.find((other) => other === name || !names.has(other));
    if (unknown !== undefined) throw badPlan(`${file}: ${name}: got against "${unknown}", expected another run`);
  }
  const planned = plannedByStage(path.join(folder, "plan.json"));
  for (const name of planned.keys()) {
    if (!names.has(name)) throw badPlan(`${file}: got no run for the stage "${name}" of plan.json; add one`);
  }
  const rungs = runs.map((rung) => {
    const run = planned.get(rung.name) ?? null;
    if ((run === null) !== (rung.retired === undefined)) return { ...rung, run };
    throw badPlan(
      run === null
        ? `${file}: ${rung.name}: got no stage of that name in plan.json; add one, or say why the run is "retired"`
        : `${file}: ${rung.name}: got a retired run, which is a stage of plan.json too; take it out of one of them`,
    );
  });
  return { questions, runs: rungs };
}

/** The runs of a sweep's plan by their stage. Each stage has one run, and all are judged on the same crops. */
function plannedByStage(file: string): ReadonlyMap<string, PlannedRun> {
  const { runs } = expandPlanFile(file);
  const byStage = new Map<string, PlannedRun>();
  const validation = (run: PlannedRun | undefined): string => JSON.stringify(run?.config.validation);
  for (const run of runs) {
    if (byStage.has(run.stage)) throw badPlan(`${file}: ${run.stage}: got several runs, expected one of each stage`);
    byStage.set(run.stage, run);
    const [first, own] = [runs[0], run].map(validation);
    if (first === own) continue;
    throw badPlan(
      `${file}: ${run.name}: validation: got ${own}, expected ${first} as in ${runs[0]?.name}: all runs are judged on the same crops`,
    );
  }
  return byStage;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw badPlan(`${file}: got no readable JSON (${(error as Error).message}); correct the file`, error);
  }
}

function badPlan(message: string, cause?: unknown): UsageError {
  return new UsageError("bad-plan", message, ...(cause === undefined ? [] : [{ cause }]));
}
