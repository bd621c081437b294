/**
 * From JSON text and `name=value` overrides to a complete configuration, or to one error that lists every problem: where,
 * what was found, what was expected, and for a misspelt field the name that was probably meant.
 */
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { UsageError } from "../errors.ts";
import { findDuplicateJsonKey } from "../json-keys.ts";
import { parseWith } from "../parse-with.ts";
import { CONFIG_FIELDS, type TrainConfig, trainConfigSchema } from "./config.ts";
import { TEMPERATURE_SCHEDULES } from "./surrogate-config.ts";
import { unknownField } from "./unknown-field.ts";

const LEARNING_RATE_SCHEDULES: readonly string[] = ["constant", "cosine", "step"];

type Json = Record<string, unknown>;
type Issue = z.core.$ZodIssue;

/**
 * Parses a configuration.
 * @param text a JSON object; fields that are missing get their defaults. @param overrides `field=value` or
 *   `section.field=value`, applied in order; the value is JSON if it parses as JSON, and a string otherwise.
 * @param where how error messages call the text. Default "config".
 * @throws UsageError "bad-config" listing every problem.
 */
export function parseConfig(text: string, overrides: readonly string[] = [], where: string = "config"): TrainConfig {
  const json = parseObject(text, where);
  for (const override of overrides) applyOverride(where, json, override);
  const config = validateConfig(json, where);
  checkWarmUp(json, config, where);
  return config;
}

/**
 * Parses the configuration that a run was begun with. Its defaults are written out, so that nothing tells a warm-up that was asked for from one
 * that was not.
 * @throws UsageError "bad-config" listing every problem.
 */
export function parseStoredConfig(text: string, where: string): TrainConfig {
  return validateConfig(parseObject(text, where), where);
}

function parseObject(text: string, where: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw badConfig(where, [`got text that is not JSON (${(error as Error).message}), expected a JSON object`]);
  }
  const duplicate = findDuplicateJsonKey(text);
  if (duplicate !== undefined) throw badConfig(where, [`${duplicate}: got the field twice, expected it once`]);
  if (!isObject(json)) throw badConfig(where, [`got ${show(json)}, expected a JSON object`]);
  return json;
}

/** A warm-up that was asked for ends within the run; the default one may be cut off by a run of a few steps. */
function checkWarmUp(json: Json, { steps, optimizer }: TrainConfig, where: string): void {
  if (valueAt(json, ["optimizer", "warmupSteps"]) === undefined || optimizer.warmupSteps <= steps) return;
  throw badConfig(where, [
    `optimizer.warmupSteps: got ${optimizer.warmupSteps} for a run of ${steps} steps, expected at most as many: the learning rate would never be reached`,
  ]);
}

/** Reads and parses a configuration file. @throws UsageError "bad-config", also when the file cannot be read. */
export function readConfigFile(file: string, overrides: readonly string[] = []): TrainConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw badConfig(`config "${file}"`, [`got no readable file (${(error as Error).message}), expected a JSON file`]);
  }
  return parseConfig(text, overrides, `config "${file}"`);
}

/** Checks an object and fills in the defaults. @throws UsageError "bad-config" listing every problem. */
export function validateConfig(json: unknown, where: string = "config"): TrainConfig {
  return parseWith(trainConfigSchema, json, (_problem, { issues }) =>
    badConfig(
      where,
      issues.flatMap((issue) => describe(json, issue)),
    ),
  );
}

function badConfig(where: string, problems: readonly string[]): UsageError {
  const list = problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  ${problem}`).join("");
  return new UsageError("bad-config", `${where}:${list}${problems.length === 1 ? "; correct it" : "\ncorrect these"}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) return "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function applyOverride(where: string, json: Json, override: string): void {
  const equals = override.indexOf("=");
  const path = override.slice(0, Math.max(equals, 0)).split(".");
  if (equals < 1 || path.includes("") || path.includes("__proto__")) {
    throw badConfig(where, [`got the override ${show(override)}, expected field=value or section.field=value`]);
  }
  const text = override.slice(equals + 1);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = text; // Not JSON: a plain string, which is what makes `data=photos` convenient.
  }
  let target = json;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(target, key)) target[key] = {};
    // A surrogate that is written as its bare name can still be given options.
    if (
      /^surrogate\.(rate|distortion)\./.test(path.join(".")) &&
      key !== "surrogate" &&
      typeof target[key] === "string"
    ) {
      target[key] = { id: target[key] };
    }
    const inner = target[key];
    if (!isObject(inner))
      throw badConfig(where, [`override ${show(override)}: got ${show(inner)} at ${key}, expected an object`]);
    target = inner;
  }
  target[path.at(-1) as string] = value;
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const key of path) {
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return value;
}

function describe(json: unknown, issue: Issue): string[] {
  const path = fieldOf(json, issue.path);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownField(path, key, CONFIG_FIELDS[path] ?? []));
  const where = path === "" ? "" : `${path}: `;
  return [`${where}got ${show(valueAt(json, path === "" ? [] : path.split(".")))}, expected ${expected(issue)}`];
}

/** The dotted path of the field at fault: where a surrogate was written as its bare name, that name and not its `id`. */
function fieldOf(json: unknown, path: readonly PropertyKey[]): string {
  const isBareName = path.at(-1) === "id" && typeof valueAt(json, path.slice(0, -1)) === "string";
  return (isBareName ? path.slice(0, -1) : path).map(String).join(".");
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int" ? "a whole number" : `a value of type ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? `at least ${issue.minimum} element`
        : `a number ${issue.inclusive ? "of at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive ? "of at most" : "below"} ${issue.maximum}`;
    case "invalid_union":
      // The type of a schedule: of a temperature or of the learning rate.
      return `one of ${(issue.path[0] === "surrogate" ? TEMPERATURE_SCHEDULES : LEARNING_RATE_SCHEDULES).map(show).join(", ")}`;
    default:
      return issue.message;
  }
}
