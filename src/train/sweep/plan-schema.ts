/**
 * A plan of training runs as its author writes it: a base configuration, named axes, and stages that say which values of which axes
 * are trained from where. `expand-plan.ts` makes runs of it. Fields of a configuration are written as in `--set` of `halfstep train`:
 * by their dotted path, and a value replaces the whole field.
 *
 * It refuses fields that name places on a machine, or that the plan has another word for.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { findDuplicateJsonKey } from "../../json-keys.ts";
import { parseWith } from "../../parse-with.ts";
import { unknownField } from "../unknown-field.ts";

/** Fields of a configuration, by dotted path. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** One stage of a plan. */
export interface PlanStage {
  readonly name: string;
  /** Where its runs begin: absent, from scratch; the name of an earlier stage, from each of its runs; or from a file of weights. */
  readonly from?: string | { readonly weights: string } | undefined;
  /** The axes that its runs vary over, each with the names of values, or "all". */
  readonly axes: Readonly<Record<string, "all" | readonly string[]>>;
  /** Seeds of its runs; in a stage from another, which of that stage's seeds it goes on from (absent: all). */
  readonly seeds?: readonly number[] | undefined;
  /** In a stage from another: what is added to the seed of the run that it begins from. */
  readonly seedOffset: number;
  /** Fields that all its runs have; values of axes go before them. */
  readonly set: FieldValues;
}

/** A plan. */
export interface SweepPlan {
  readonly name: string;
  /** What the runs are to find out. */
  readonly question: string;
  /** Fields that all runs have; those of stages and axes go before them. */
  readonly base: FieldValues;
  /** Name of an axis to names of its values, each with the fields that it stands for. */
  readonly axes: Readonly<Record<string, Readonly<Record<string, FieldValues>>>>;
  readonly stages: readonly PlanStage[];
  /** The folder that files in the plan are looked for in. */
  readonly folder: string;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/;
const nameSchema: z.ZodString = z.string().regex(NAME, "expected letters, digits and . _ + - only");
const fieldsSchema = z.record(z.string().min(1), z.unknown());
const valuesSchema = z.record(nameSchema, fieldsSchema);

const stageShape = {
  name: nameSchema,
  from: z.union([nameSchema, z.strictObject({ weights: z.string().min(1) })]).optional(),
  axes: z.record(nameSchema, z.union([z.literal("all"), z.array(nameSchema).min(1)])).default({}),
  seeds: z.array(z.int().nonnegative()).min(1).optional(),
  seedOffset: z.int().nonnegative().default(0),
  set: fieldsSchema.default({}),
};

const planShape = {
  name: nameSchema,
  question: z.string().min(1),
  base: fieldsSchema,
  axes: z.record(nameSchema, z.union([z.string().min(1), valuesSchema])).default({}),
  stages: z.array(z.strictObject(stageShape)).min(1),
};
const planSchema = z.strictObject(planShape);

/** Fields that a plan may not set, and what sets them instead. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  data: "give the images by --data",
  threads: "give the threads by --threads",
  seed: "write seeds in the stages",
  initialWeights: 'write "from" in the stage',
  growInitialWeights: "grow the weights by halfstep train first, and begin from that run's folder",
};

/**
 * Reads a plan. An axis may be the name of a JSON file beside the plan that holds its values, so that plans can share them.
 * @throws {UsageError} `bad-plan`, listing what is wrong and where
 */
export function readPlan(file: string): SweepPlan {
  const parsed = parsePart(planSchema, file);
  const folder = path.dirname(file);
  const axes = Object.entries(parsed.axes).map(([axis, values]) => {
    if (typeof values !== "string") return [axis, values] as const;
    const axisFile = path.join(folder, values);
    return [axis, parsePart(valuesSchema, axisFile)] as const;
  });
  const plan: SweepPlan = { ...parsed, axes: Object.fromEntries(axes), folder };
  const problems = planProblems(plan);
  if (problems.length > 0) throw badPlan(file, problems);
  return plan;
}

/** The error of a plan that is wrong. */
export function badPlan(file: string, problems: readonly string[], cause?: unknown): UsageError {
  const list = problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  ${problem}`).join("");
  const message = `plan "${file}":${list}${problems.length === 1 ? "; correct it" : "\ncorrect these"}`;
  return new UsageError("bad-plan", message, ...(cause === undefined ? [] : [{ cause }]));
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badPlan(file, [`got no readable file (${code}), expected a JSON file`], error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw badPlan(file, [`got text that is not JSON (${message}), expected a JSON object`], error);
  }
  const duplicate = findDuplicateJsonKey(text);
  if (duplicate !== undefined) throw badPlan(file, [`${duplicate}: got the field twice, expected it once`]);
  return json;
}

function parsePart<Schema extends z.ZodType>(schema: Schema, file: string): z.output<Schema> {
  return parseWith(schema, readJson(file), (_problem, { issues }) =>
    badPlan(
      file,
      issues.map((issue) => describe(issue)),
    ),
  );
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys
        .map((key) => unknownField(issue.path.map(String).join("."), key, knownFields(issue.path)))
        .join("; ");
    case "invalid_type":
      return `${place}got ${show(issue.input)}, expected a value of type ${issue.expected}`;
    case "invalid_union":
      return `${place}got ${show(issue.input)}, expected ${unionText(issue.path)}`;
    case "invalid_key":
      return `${place}got ${show(String(issue.path.at(-1)))} as a name, ${NAME_TEXT}`;
    case "too_small":
      return `${place}got ${show(issue.input)}, expected ${issue.origin === "number" || issue.origin === "int" ? `a number of at least ${issue.minimum}` : `at least ${issue.minimum} element`}`;
    case "invalid_format":
      return `${place}got ${show(issue.input)}, ${NAME_TEXT}`;
    default:
      return `${place}got ${show(issue.input)}: ${issue.message}`;
  }
}

function knownFields(place: readonly PropertyKey[]): readonly string[] {
  if (place.length === 0) return Object.keys(planShape);
  return place.at(-1) === "from" ? ["weights"] : Object.keys(stageShape);
}

const NAME_TEXT = "expected letters, digits and . _ + - only, the first a letter or a digit";

/** What may stand where one of several things may. */
function unionText(place: readonly PropertyKey[]): string {
  if (place.at(-1) === "from") return 'the name of an earlier stage, or {"weights": "a file"}';
  if (place[0] === "axes") return "names of values with the fields that they stand for, or the name of a JSON file";
  return '"all" or a list of names of values';
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) return "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** What does not fit together in a plan whose form is right. */
function planProblems({ base, axes, stages }: SweepPlan): readonly string[] {
  const problems: string[] = [];
  const fields = (place: string, values: FieldValues): void => {
    for (const field of Object.keys(values)) {
      const top = field.split(".")[0]!;
      const advice = OTHER_WORDS[field] ?? OTHER_WORDS[top];
      if (advice !== undefined) problems.push(`${place}.${field}: got a value, expected none; ${advice}`);
    }
  };
  fields("base", base);
  if (base.validateEvery === 0) {
    problems.push("base.validateEvery: got 0, expected at least 1: a run is judged by its last validation");
  }
  for (const [axis, values] of Object.entries(axes)) {
    if (axis === "seed") problems.push("axes.seed: got an axis of that name, expected seeds in the stages");
    for (const [value, set] of Object.entries(values)) fields(`axes.${axis}.${value}`, set);
  }
  const earlier = new Map<string, ReadonlySet<string>>();
  for (const stage of stages) {
    const place = `stages.${stage.name}`;
    if (earlier.has(stage.name)) problems.push(`${place}: got two stages of that name, expected one`);
    fields(`${place}.set`, stage.set);
    problems.push(...axisProblems(place, stage, axes));
    const isFork = typeof stage.from === "string";
    const inherited = typeof stage.from === "string" ? earlier.get(stage.from) : undefined;
    if (isFork && inherited === undefined) {
      const names = [...earlier.keys()].map((name) => JSON.stringify(name)).join(", ");
      problems.push(
        `${place}.from: got ${show(stage.from)}, expected ${names === "" ? "nothing in the first stage" : `an earlier stage: one of ${names}`}`,
      );
    }
    if (!isFork && stage.seeds === undefined) problems.push(`${place}.seeds: got nothing, expected a list of seeds`);
    if (!isFork && stage.seedOffset !== 0) {
      problems.push(`${place}.seedOffset: got ${stage.seedOffset}, expected it only in a stage from another`);
    }
    earlier.set(stage.name, new Set([...(inherited ?? []), ...Object.keys(stage.axes)]));
  }
  return problems;
}

function axisProblems(place: string, { axes: chosen }: PlanStage, axes: SweepPlan["axes"]): readonly string[] {
  const problems: string[] = [];
  for (const [axis, names] of Object.entries(chosen)) {
    const values = Object.hasOwn(axes, axis) ? axes[axis] : undefined;
    if (values === undefined) {
      problems.push(`${place}.axes: got the axis ${show(axis)}, expected one of ${Object.keys(axes).join(", ")}`);
    } else if (names !== "all") {
      for (const name of names) {
        if (Object.hasOwn(values, name)) continue;
        problems.push(`${place}.axes.${axis}: got ${show(name)}, expected some of ${Object.keys(values).join(", ")}`);
      }
      if (new Set(names).size < names.length) {
        problems.push(`${place}.axes.${axis}: got a value twice, expected each once`);
      }
    }
  }
  return problems;
}
