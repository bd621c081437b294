/**
 * The plan of the ladder: which runs there are, the question that each belongs to, and its configuration. `rungs.json` lists the runs;
 * `configs/<name>.json` holds the configuration of each as it is written for `halfstep train`, without the places of this machine:
 * `data` and `initialWeights` are filled in by the runner.
 *
 * Refuses a run without a configuration, a configuration without a run, and runs that are judged on different crops.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UsageError } from "../../src/errors.ts";
import { parseConfig, type TrainConfig } from "../../src/train/index.ts";

/** This folder, which holds the plan. */
export const LADDER_FOLDER: string = fileURLToPath(new URL(".", import.meta.url));

const rungShape = {
  /** Name of the configuration's file and of the run's folder. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  /** A key of `questions`. */
  question: z.string(),
  /** What distinguishes it, in one line. */
  changed: z.string().min(1),
  /** What its end taught, in a few words; empty until somebody has judged it. */
  verdict: z.string(),
  /** Name of another run, whose weights it begins with. */
  startFrom: z.string().optional(),
  /** Names of runs of other questions that the figure draws beside it, to compare with. */
  against: z.array(z.string()).optional(),
  /** Why it is not trained again: what it tried is no longer in the code, or the comparison is over. */
  retired: z.string().min(1).optional(),
};
const planSchema = z.strictObject({
  questions: z.record(z.string().regex(/^[a-z-]+$/), z.string().min(1)),
  runs: z.array(z.strictObject(rungShape)).min(1),
});

/** One run of the ladder. */
export interface Rung {
  /** Name of the configuration's file and of the run's folder. */
  readonly name: string;
  /** A key of {@link LadderPlan.questions}. */
  readonly question: string;
  /** What distinguishes it, in one line. */
  readonly changed: string;
  /** What its end taught; empty until somebody has judged it. */
  readonly verdict: string;
  /** Name of another run, whose weights it begins with. */
  readonly startFrom?: string | undefined;
  /** Runs of other questions that the figure draws beside it. */
  readonly against?: readonly string[] | undefined;
  /** Why it is not trained again. */
  readonly retired?: string | undefined;
  /** The fields that its file sets. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The whole plan. */
export interface LadderPlan {
  /** Questions in the order in which they are shown: short name to sentence. */
  readonly questions: Readonly<Record<string, string>>;
  /** Runs in the order in which they are trained. */
  readonly runs: readonly Rung[];
}

/** Fields of a configuration that name places on a machine. */
const PLACES = ["data", "initialWeights"] as const;

/**
 * Reads the plan.
 * @param folder the folder of `rungs.json` and `configs/`. Default: this one.
 * @throws {UsageError} `bad-plan` for what does not fit together, with the file
 */
export function readPlan(folder: string = LADDER_FOLDER): LadderPlan {
  const file = path.join(folder, "rungs.json");
  const parsed = planSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0]!;
    throw badPlan(`${file}: ${place.join(".")}: ${message}; correct it`);
  }
  const { questions, runs } = parsed.data;
  const names = new Set<string>();
  for (const { name, question, startFrom } of runs) {
    if (names.has(name)) throw badPlan(`${file}: got the run "${name}" twice; leave one out`);
    if (!Object.hasOwn(questions, question)) {
      const known = Object.keys(questions).join(", ");
      throw badPlan(`${file}: ${name}: got the question "${question}", expected one of ${known}`);
    }
    if (startFrom !== undefined && !names.has(startFrom)) {
      throw badPlan(`${file}: ${name}: got startFrom "${startFrom}", expected a run that stands before it`);
    }
    names.add(name);
  }
  for (const { name, against = [] } of runs) {
    const unknown = against.find((other) => other === name || !names.has(other));
    if (unknown !== undefined) throw badPlan(`${file}: ${name}: got against "${unknown}", expected another run`);
  }
  for (const config of readdirSync(path.join(folder, "configs"))) {
    if (config.endsWith(".json") && names.has(config.slice(0, -".json".length))) continue;
    throw badPlan(`${file}: got no run for configs/${config}; add one or remove the file`);
  }
  const rungs = runs.map((run) => ({ ...run, config: readConfig(folder, run.name) }));
  for (const { name, config } of rungs) {
    const [first, other] = [rungs[0]!.config, config].map(({ validation }) => completeValidation(name, validation));
    if (first === other) continue;
    throw badPlan(
      `configs/${name}.json: validation: got ${other}, expected ${first} as in ${rungs[0]!.name}: all runs are judged on the same crops`,
    );
  }
  return { questions, runs: rungs };
}

/**
 * The complete configuration of a run.
 * @param data folder of packed images
 * @param runs folder of the runs' folders, from which `startFrom` is taken
 * @throws {UsageError} `bad-config` where the file asks for what training does not know
 */
export function trainConfigOf({ name, config, startFrom }: Rung, data: string, runs: string): TrainConfig {
  const places = { data, ...(startFrom === undefined ? {} : { initialWeights: path.join(runs, startFrom) }) };
  return parseConfig(JSON.stringify({ ...config, ...places }), [], `configs/${name}.json`);
}

/** A configuration without the fields that name places on a machine. */
export function withoutPlaces(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isPlace = (field: string): boolean => (PLACES as readonly string[]).includes(field);
  return Object.fromEntries(Object.entries(config).filter(([field]) => !isPlace(field)));
}

/** The runs of these names in the order of the plan; without names, all that are not retired. @throws {UsageError} `bad-plan`. */
export function chosenRuns({ runs }: LadderPlan, names: readonly string[]): readonly Rung[] {
  for (const name of names) {
    const found = runs.find((run) => run.name === name);
    if (found === undefined) {
      throw badPlan(`ladder: got the run "${name}", expected some of ${runs.map((run) => run.name).join(", ")}`);
    }
    if (found.retired !== undefined) throw badPlan(`ladder: ${name} is not trained again: ${found.retired}`);
  }
  return runs.filter(({ name, retired }) => (names.length === 0 ? retired === undefined : names.includes(name)));
}

/** The crops that runs are judged on, defaults filled in, as text. The rest of a configuration may be from before today's schema. */
function completeValidation(name: string, validation: unknown): string {
  const config = parseConfig(JSON.stringify({ data: "-", validation }), [], `configs/${name}.json`);
  return JSON.stringify(config.validation);
}

function readConfig(folder: string, name: string): Readonly<Record<string, unknown>> {
  const file = path.join(folder, "configs", `${name}.json`);
  const parsed = z.record(z.string(), z.unknown()).safeParse(readJson(file));
  if (!parsed.success) throw badPlan(`${file}: got no JSON object, expected a configuration`);
  const place = PLACES.find((field) => Object.hasOwn(parsed.data, field));
  if (place === undefined) return parsed.data;
  throw badPlan(
    `${file}: got the field "${place}", which names a place on a machine; leave it to --data and startFrom`,
  );
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
