/**
 * What a model file says about itself in JSON, checked entry by entry. Written by hand and not with zod, which every program that only codes, and every
 * page, would have to load for this one record (docs/decisions/0026-fast-from-the-first-call.md).
 */
import { NETWORK_TYPES, type NetworkConfig } from "../../networks/architecture-table.ts";
import type { HalfstepStructure } from "../../networks/network.ts";
import type { ExactDescription } from "./exact-tensors.ts";
import type { ModelDescription } from "./model.ts";

/** The description as the file holds it; its entries stand in the order of the file. */
export interface FileDescription extends ModelDescription {
  readonly format: "halfstep-model";
  /** 2 for a file that holds weights as 8-bit integers. */
  readonly version: 1 | 2;
  /** Of networks with a hyper-latent. */
  readonly exact?: ExactDescription;
}

/** An entry that is not as it must be. */
export class DescriptionProblem extends Error {
  override readonly name = "DescriptionProblem";

  constructor(path: string, got: unknown, expected: string) {
    super(`"${path}": got ${JSON.stringify(got) ?? "nothing"}, expected ${expected}`);
  }
}

const MOST_CHANNELS = 4096;
const MOST_BLOCKS = 64;
const MOST_KNOTS = 32;
const CRC_LIMIT = 0xffffffff;
const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;

type Json = Readonly<Record<string, unknown>>;

/** @param known the only keys that there may be; any if left out */
function record(path: string, value: unknown, known?: readonly string[]): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DescriptionProblem(path, value, "an object");
  }
  const unknown = known && Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return value as Json;
  throw new DescriptionProblem(`${path}.${unknown}`, (value as Json)[unknown], "no such entry");
}

function integer(path: string, value: unknown, low: number, high: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
  throw new DescriptionProblem(path, value, `an integer of ${low} to ${high}`);
}

function positive(path: string, value: unknown, high: number = Number.MAX_VALUE): number {
  if (typeof value === "number" && value > 0 && value <= high) return value;
  throw new DescriptionProblem(path, value, high === Number.MAX_VALUE ? "a number above 0" : `one in (0, ${high}]`);
}

function pair(path: string, value: unknown, entry: (path: string, value: unknown) => number): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw new DescriptionProblem(path, value, "two numbers");
  return [entry(`${path}.0`, value[0]), entry(`${path}.1`, value[1])];
}

function oneOf<Choice>(path: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new DescriptionProblem(path, value, `one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
}

const channels = (path: string, value: unknown): number => integer(path, value, 1, MOST_CHANNELS);
const blocks = (path: string, value: unknown): number => integer(path, value, 0, MOST_BLOCKS);

function structureOf(path: string, value: unknown): HalfstepStructure {
  const entries = record(path, value, ["wide", "analysis", "synthesis", "steps", "bypass", "core", "knots"]);
  const { wide, analysis, synthesis, steps, bypass, core, knots } = entries;
  return {
    wide: channels(`${path}.wide`, wide),
    analysis: pair(`${path}.analysis`, analysis, blocks),
    synthesis: pair(`${path}.synthesis`, synthesis, blocks),
    steps: oneOf(`${path}.steps`, steps, [1, 2, 4] as const),
    ...(bypass === undefined ? {} : { bypass: oneOf(`${path}.bypass`, bypass, [true, false]) }),
    ...(core === undefined ? {} : { core: channels(`${path}.core`, core) }),
    ...(knots === undefined ? {} : { knots: integer(`${path}.knots`, knots, 2, MOST_KNOTS) }),
  };
}

function networkOf(value: unknown): NetworkConfig {
  const { type, N, M, structure } = record("network", value, ["type", "N", "M", "structure"]);
  return {
    type: oneOf("network.type", type, NETWORK_TYPES),
    N: channels("network.N", N),
    M: channels("network.M", M),
    ...(structure === undefined ? {} : { structure: structureOf("network.structure", structure) }),
  };
}

function integers(path: string, value: unknown, low: number, high?: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record(path, value)).map(([key, entry]) => [key, integer(`${path}.${key}`, entry, low, high)]),
  );
}

function exactOf(value: unknown): ExactDescription {
  const { inputLimits, selfTest } = record("exact", value, ["inputLimits", "selfTest"]);
  return {
    inputLimits: integers("exact.inputLimits", inputLimits, 1),
    selfTest: integers("exact.selfTest", selfTest, 0, CRC_LIMIT),
  };
}

/**
 * Checks a description. Entries that later versions of the file may add beside the known ones are left out.
 * @throws {DescriptionProblem} naming the first entry that is not as it must be
 */
export function checkDescription(json: unknown): FileDescription {
  const { format, version, name, network, lambda, lambdaRange, scaleBound, training, exact } = record("", json);
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new DescriptionProblem("name", name, "1 to 64 letters, digits, dots and hyphens, a letter or digit first");
  }
  return {
    format: oneOf("format", format, ["halfstep-model"] as const),
    version: oneOf("version", version, [1, 2] as const),
    name,
    network: networkOf(network),
    lambda: positive("lambda", lambda),
    ...(lambdaRange === undefined ? {} : { lambdaRange: pair("lambdaRange", lambdaRange, positive) }),
    scaleBound: positive("scaleBound", scaleBound, 1),
    training: record("training", training),
    ...(exact === undefined ? {} : { exact: exactOf(exact) }),
  };
}
