/** Exact networks as tensors of a model file and an entry of its description, and back. */
import type { HalfstepError } from "../../errors.ts";
import { correctsLatents, entropyGraphs, entropyLayers } from "../../networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import type { SafeTensor } from "../../safetensors.ts";
import { CORRECTION_ENTRIES, correctionProblem } from "../exact/correction.ts";
import { type ExactLayer, proveExact } from "../exact/exact-layer.ts";
import type { ExactNetworks } from "./model.ts";

/** What the names of these tensors begin with. */
export const EXACT_PREFIX = "exact/";

/** What the description says of exact networks. */
export interface ExactDescription {
  /** For each exact layer, the largest magnitude of its inputs. */
  readonly inputLimits: Readonly<Record<string, number>>;
  /** For each graph, the checksum of its self-test. */
  readonly selfTest: Readonly<Record<string, number>>;
}

/** The entry of the description. */
export function describeExact({ layers, selfTest }: ExactNetworks): ExactDescription {
  return {
    inputLimits: Object.fromEntries([...layers].map(([name, { inputLimit }]) => [name, inputLimit])),
    selfTest: Object.fromEntries(selfTest),
  };
}

/** The tensors. */
export function exactTensors({ layers, latentExponents, corrections }: ExactNetworks): [string, SafeTensor][] {
  const tensors = [...layers].flatMap(
    ([name, { kind, kernel, inputChannels, channels, weight, bias, exponents }]): [string, SafeTensor][] => {
      const outer = kind === "deconv" ? [inputChannels, channels] : [channels, inputChannels];
      const prefix = EXACT_PREFIX + name;
      return [
        [`${prefix}.weight`, { dtype: "I16", shape: [...outer, kernel, kernel], data: weight }],
        [`${prefix}.bias`, { dtype: "I32", shape: [channels], data: bias }],
        [`${prefix}.exponents`, { dtype: "I16", shape: [channels], data: Int16Array.from(exponents) }],
      ];
    },
  );
  if (latentExponents !== null) {
    const data = Int16Array.from(latentExponents);
    tensors.push([`${EXACT_PREFIX}latent.exponents`, { dtype: "I16", shape: [data.length], data }]);
  }
  if (corrections !== null) {
    tensors.push([`${EXACT_PREFIX}corrections`, { dtype: "F32", shape: [corrections.length], data: corrections }]);
  }
  return tensors;
}

/**
 * Reads the exact networks of a network back, and proves each layer.
 * @throws {HalfstepError} `not-exact`, or what `refuse` makes of a problem
 */
export function readExact(
  network: HyperpriorNetwork,
  description: ExactDescription | undefined,
  tensors: ReadonlyMap<string, SafeTensor>,
  { where, refuse }: { readonly where: string; readonly refuse: (problem: string) => HalfstepError },
): ExactNetworks {
  const read = <T extends "I16" | "I32">(name: string, dtype: T): Extract<SafeTensor, { dtype: T }> => {
    const found = tensors.get(EXACT_PREFIX + name);
    if (found?.dtype === dtype) return found as Extract<SafeTensor, { dtype: T }>;
    throw refuse(`"${EXACT_PREFIX}${name}": got ${found?.dtype ?? "nothing"}, expected ${dtype}`);
  };
  const entryOf = (entries: Readonly<Record<string, number>> | undefined, what: string, name: string): number => {
    const found = entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (found === undefined) throw refuse(`the description has no ${what} for "${name}"`);
    return found;
  };
  const exponentsOf = (name: string): Int8Array => {
    const exponents = read(`${name}.exponents`, "I16").data;
    if (exponents.every((exponent) => exponent >= -126 && exponent <= 0)) return Int8Array.from(exponents);
    throw refuse(`"${EXACT_PREFIX}${name}.exponents": got others than exponents of -126..0`);
  };
  const layers = new Map<string, ExactLayer>();
  for (const [name, { layer: spec, inputChannels, result }] of entropyLayers(network)) {
    const { kind, kernel, stride = 1, activation = "none" } = spec;
    const layer: ExactLayer = {
      kind,
      kernel,
      stride,
      activation,
      result,
      inputChannels,
      channels: spec.channels * (kind === "sub-pixel" ? stride ** 2 : 1),
      inputLimit: entryOf(description?.inputLimits, "input limit", name),
      weight: read(`${name}.weight`, "I16").data,
      bias: read(`${name}.bias`, "I32").data,
      exponents: exponentsOf(name),
    };
    proveExact(layer, `${where}: exact layer "${name}"`);
    layers.set(name, layer);
  }
  const graphs = entropyGraphs(network);
  const selfTest = new Map(graphs.map(({ name }) => [name, entryOf(description?.selfTest, "self-test", name)]));
  const { context, sizes } = network;
  if (context.kind === "none") return { layers, latentExponents: null, corrections: null, selfTest };
  const exponents = read("latent.exponents", "I16").data;
  if (exponents.length !== sizes.M || exponents.some((exponent) => Math.abs(exponent) > 126)) {
    throw refuse(`"${EXACT_PREFIX}latent.exponents": got others than ${sizes.M} exponents of -126..126`);
  }
  const latentExponents = Int8Array.from(exponents);
  if (!correctsLatents(network)) return { layers, latentExponents, corrections: null, selfTest };
  const corrections = tensors.get(`${EXACT_PREFIX}corrections`);
  const problem = corrections?.dtype === "F32" ? correctionProblem(corrections.data) : "no F32 tensor";
  if (corrections?.dtype !== "F32" || problem !== null) {
    throw refuse(`"${EXACT_PREFIX}corrections": got ${problem}, expected ${CORRECTION_ENTRIES} numbers of -0.5..0.5`);
  }
  return { layers, latentExponents, corrections: corrections.data, selfTest };
}
