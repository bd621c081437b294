/**
 * The model file: a safetensors file whose tensors are the network's weights, under `exact/` the integer layers and under
 * `tables/` the integer tables, and whose one metadata entry `halfstep` is a JSON description. Its identity is the SHA-256 of its bytes, of which a stream
 * names the first eight.
 *
 * Convolution kernels are stored in half precision (docs/decisions/0005-model-file.md measures what that costs), or chosen ones as 8-bit integers
 * (docs/decisions/0029-halfstep-2.md), which makes it a file of version 2; all else is stored as it is. What a file holds is what the codec computes
 * with. A file that lacks anything, has a table that breaks the rules of FORMAT.md or does not fit its own description is refused as `bad-model`.
 */
import type { FloatArray } from "../../engine/index.ts";
import { HalfstepError } from "../../errors.ts";
import { fromFloat16Bits, toFloat16Bits } from "../../float16.ts";
import { ARCHITECTURES } from "../../networks/architecture-table.ts";
import { createNetwork, networkProblem } from "../../networks/create-network.ts";
import type { Network } from "../../networks/network.ts";
import { readSafetensors, readSafetensorsMetadata, type SafeTensor, writeSafetensors } from "../../safetensors.ts";
import { FrequencyTableSet } from "../entropy/table-set.ts";
import { checkDescription, DescriptionProblem, type FileDescription } from "./description.ts";
import { describeExact, EXACT_PREFIX, exactTensors, readExact } from "./exact-tensors.ts";
import { INT8_SCALES_PREFIX, int8Tensors, readInt8 } from "./int8-tensors.ts";
import type { Model, ModelTables } from "./model.ts";

const METADATA_KEY = "halfstep";
const TABLES_PREFIX = "tables/";
/** Parameters with this many axes are kernels, stored in half precision; the others are small. */
const KERNEL_AXES = 4;

function badModel(where: string, problem: string): HalfstepError {
  return new HalfstepError("bad-model", `${where}: ${problem}; use a file that \`halfstep model package\` wrote`);
}

const storedAsHalf = (shape: readonly number[]): boolean => shape.length === KERNEL_AXES;

/**
 * The weights as a model file will hold them: kernels (four axes) rounded to half precision.
 * @param int8 those that are rounded to 8-bit integers already, by name
 * @throws {HalfstepError} `bad-weights` for a kernel value beyond the range of half precision, or one that is not finite
 */
export function roundToStored(
  weights: ReadonlyMap<string, FloatArray>,
  int8: ReadonlyMap<string, unknown> = new Map(),
): Map<string, FloatArray> {
  const rounded = new Map<string, FloatArray>();
  for (const [name, { shape, data }] of weights) {
    const stored =
      storedAsHalf(shape) && !int8.has(name) ? data.map((value) => fromFloat16Bits(toFloat16Bits(value))) : data;
    if (!stored.every(Number.isFinite)) {
      throw new HalfstepError(
        "bad-weights",
        `weights: "${name}": got a value beyond 65504 or none at all, expected finite numbers; train the network again`,
      );
    }
    rounded.set(name, { shape, data: stored });
  }
  return rounded;
}

/** What is wrong with the range of lambdas for this network; null if nothing is. The network must exist. */
function rateProblem(
  { network: { type }, lambdaRange }: Pick<FileDescription, "network" | "lambdaRange">,
  { variableRate }: Network,
): string | null {
  if (lambdaRange === undefined) return variableRate ? `got no lambdaRange for ${type}, expected one` : null;
  const [low, high] = lambdaRange;
  if (!variableRate) return `got a lambdaRange for ${type}, expected none: it is of fixed rate`;
  return low <= high ? null : `got the lambdaRange ${low}..${high}, expected one that does not fall`;
}

function tableTensors(prefix: string, set: FrequencyTableSet): [string, SafeTensor][] {
  const { layout, frequencies } = set.serialize();
  return [
    [`${prefix}.layout`, { dtype: "I32", shape: [set.tableCount, 2], data: layout }],
    [`${prefix}.frequencies`, { dtype: "U16", shape: [frequencies.length], data: frequencies }],
  ];
}

/** @throws {RangeError} for an entry that no reader would accept */
function descriptionToWrite(description: FileDescription): FileDescription {
  try {
    return checkDescription(description);
  } catch (error) {
    if (!(error instanceof DescriptionProblem)) throw error;
    throw new RangeError(`serializeModel: ${error.message}`);
  }
}

/**
 * The bytes of a model file. The same model gives the same bytes.
 * @throws {RangeError} for a name that is not one; weights should have gone through {@link roundToStored}
 */
export function serializeModel(model: Model): Uint8Array<ArrayBuffer> {
  const { name, network, lambda, lambdaRange, scaleBound, training, tables, exact, int8Scales = new Map() } = model;
  const { type, N, M } = network;
  // Written out, so that the file means the same when the default changes.
  const structure = network.structure ?? ARCHITECTURES[type].defaultStructure;
  const described = descriptionToWrite({
    format: "halfstep-model",
    version: int8Scales.size > 0 ? 2 : 1,
    name,
    network: { type, N, M, ...(structure === undefined ? {} : { structure }) },
    lambda,
    ...(lambdaRange === undefined ? {} : { lambdaRange }),
    scaleBound,
    training,
    ...(exact === null ? {} : { exact: describeExact(exact) }),
  });
  const problem = rateProblem(described, createNetwork(model.network));
  if (problem !== null) throw new RangeError(`serializeModel: ${problem}`);
  const tensors = new Map<string, SafeTensor>();
  for (const [weight, array] of model.weights) {
    const { shape, data } = array;
    const scales = int8Scales.get(weight);
    if (scales === undefined) tensors.set(weight, { dtype: storedAsHalf(shape) ? "F16" : "F32", shape, data });
    else for (const [tensor, contents] of int8Tensors(weight, array, scales)) tensors.set(tensor, contents);
  }
  const sets: [string, SafeTensor][] = tableTensors(`${TABLES_PREFIX}y`, tables.y);
  if (tables.coding === "hyperprior") {
    const { thresholds } = tables;
    const data = Float32Array.from(thresholds);
    sets.push(...tableTensors(`${TABLES_PREFIX}z`, tables.z));
    sets.push([`${TABLES_PREFIX}thresholds`, { dtype: "F32", shape: [data.length], data }]);
  }
  if (exact !== null) sets.push(...exactTensors(exact));
  for (const [tensor, contents] of sets) tensors.set(tensor, contents);
  return writeSafetensors(tensors, { [METADATA_KEY]: JSON.stringify(described) });
}

/** What a file says about itself, before its weights are looked at. */
function readDescription(where: string, metadata: Readonly<Record<string, string>>): FileDescription {
  const text = metadata[METADATA_KEY];
  if (text === undefined)
    throw badModel(where, "got a safetensors file without a Halfstep description, expected a model");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw badModel(where, `the description is not JSON (${(error as Error).message})`);
  }
  try {
    return checkDescription(json);
  } catch (error) {
    if (!(error instanceof DescriptionProblem)) throw error;
    throw badModel(where, `the description does not fit at ${error.message}`);
  }
}

/**
 * What a model file says about itself, from its first bytes.
 * @returns null if the header goes on beyond them
 * @throws {HalfstepError} as {@link parseModel}
 */
export function describeModelFile(start: Uint8Array, where: string): FileDescription | null {
  return naming(where, () => {
    const metadata = readSafetensorsMetadata(start);
    return metadata === null ? null : readDescription(where, metadata);
  });
}

/** Reads the tables back and checks that there is one for each symbol that the network can ask for. */
function readTables(where: string, network: Network, tensors: ReadonlyMap<string, SafeTensor>): ModelTables {
  const wrongType = (name: string, expected: string): HalfstepError =>
    badModel(
      where,
      `"${TABLES_PREFIX}${name}": got ${tensors.get(TABLES_PREFIX + name)?.dtype ?? "nothing"}, expected ${expected}`,
    );
  const set = (name: string, tableCount: number): FrequencyTableSet => {
    const layout = tensors.get(`${TABLES_PREFIX}${name}.layout`);
    if (layout?.dtype !== "I32") throw wrongType(`${name}.layout`, "I32");
    const frequencies = tensors.get(`${TABLES_PREFIX}${name}.frequencies`);
    if (frequencies?.dtype !== "U16") throw wrongType(`${name}.frequencies`, "U16");
    const read = FrequencyTableSet.deserialize({ layout: layout.data, frequencies: frequencies.data });
    if (read.tableCount !== tableCount) {
      throw badModel(where, `"${TABLES_PREFIX + name}": got ${read.tableCount} tables, expected ${tableCount}`);
    }
    return read;
  };
  if (network.coding === "factorized") return { coding: "factorized", y: set("y", network.sizes.M) };
  const stored = tensors.get(`${TABLES_PREFIX}thresholds`);
  if (stored?.dtype !== "F32") throw wrongType("thresholds", "F32");
  const thresholds = Float64Array.from(stored.data);
  if (!thresholds.every((value, i) => Number.isFinite(value) && (i === 0 || value > thresholds[i - 1]!))) {
    throw badModel(where, `"${TABLES_PREFIX}thresholds": got values that do not rise, expected ascending scales`);
  }
  return { coding: "hyperprior", z: set("z", network.zChannels), y: set("y", thresholds.length + 1), thresholds };
}

/**
 * Reads a model file. Whether the weights fit the network shows when its graphs are built.
 *
 * @param where how to call the file in messages, such as its path.
 * @throws {HalfstepError} `bad-safetensors`, `bad-tables`, `not-exact` or `bad-model`, naming what is wrong
 */
export function parseModel(bytes: Uint8Array, where: string): Model {
  return naming(where, () => parse(bytes, where));
}

/** Does some reading; its errors name the file. */
function naming<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HalfstepError) || error.message.startsWith(where)) throw error;
    // Readers of tensors and tables do not know which file theirs come from.
    throw new HalfstepError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

/**
 * All tensors that are neither tables nor exact layers, as the codec computes with them. They become float32 when their `data` is asked for: a program that only
 * decodes has no use for the weights of the analysis.
 */
function readWeights(
  where: string,
  tensors: ReadonlyMap<string, SafeTensor>,
): { readonly weights: Map<string, FloatArray>; readonly int8Scales: Map<string, Float32Array> } {
  const weights = new Map<string, FloatArray>();
  const int8Scales = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(TABLES_PREFIX) || name.startsWith(EXACT_PREFIX)) continue;
    if (name.startsWith(INT8_SCALES_PREFIX)) {
      if (tensors.get(name.slice(INT8_SCALES_PREFIX.length))?.dtype === "I8") continue;
      throw badModel(where, `"${name}": got scales of a weight that is not of 8-bit integers`);
    }
    if (tensor.dtype === "I8") {
      const read = readInt8(name, tensor, tensors, (problem) => badModel(where, problem));
      weights.set(name, read.weight);
      int8Scales.set(name, read.scales);
    } else if (tensor.dtype === "F32" || tensor.dtype === "F16") {
      weights.set(name, tensor);
    } else throw badModel(where, `"${name}": got ${tensor.dtype}, expected F32, F16 or I8`);
  }
  return { weights, int8Scales };
}

function parse(bytes: Uint8Array, where: string): Model {
  const { tensors, metadata } = readSafetensors(bytes);
  const description = readDescription(where, metadata);
  const { weights, int8Scales } = readWeights(where, tensors);
  if (int8Scales.size > 0 !== (description.version === 2)) {
    throw badModel(where, `got version ${description.version} with ${int8Scales.size} kernels of 8-bit integers`);
  }
  const { name, network: config, lambda, lambdaRange, scaleBound, training } = description;
  const problem = networkProblem(config);
  if (problem !== null) throw badModel(where, `the network does not exist (${problem})`);
  if (config.structure === undefined && ARCHITECTURES[config.type].defaultStructure !== undefined) {
    throw badModel(where, `got no structure for ${config.type}, expected one`);
  }
  const network = createNetwork(config);
  const wrongRate = rateProblem(description, network);
  if (wrongRate !== null) throw badModel(where, wrongRate);
  return {
    name,
    network: config,
    lambda,
    ...(lambdaRange === undefined ? {} : { lambdaRange }),
    scaleBound,
    training,
    weights,
    ...(int8Scales.size > 0 ? { int8Scales } : {}),
    tables: readTables(where, network, tensors),
    exact:
      network.coding === "factorized"
        ? null
        : readExact(network, description.exact, tensors, { where, refuse: (problem) => badModel(where, problem) }),
  };
}
