/**
 * Makes exact layers from trained float ones, without training: each output channel takes the finest unit for its sums that
 * the bound of `exact-layer.ts` allows.
 *
 * The input of a layer is a = step * level with one step per channel, so that the largest magnitude seen in calibration is
 * level `activationLimit`. With u the unit of a sum, weights become round(w * step / u) and the bias round(b / u). A
 * hidden layer's unit is 2^-s times the next step, so that taking a sum to the next level is a shift; a last layer's unit is
 * a power of two itself. docs/decisions/0008-exact-networks.md has the derivation and what it costs on real images.
 */
import type { FloatArray } from "../../engine/index.ts";
import { HalfstepError } from "../../errors.ts";
import {
  type EntropyInput,
  type EntropyLayer,
  type EntropyOps,
  entropyGraphs,
  entropyLayers,
  type PlacedLayer,
  tapMask,
} from "../../networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { EXACT_LIMIT, type ExactLayer, proveExact, sumBounds } from "./exact-layer.ts";

/** Largest level of a hidden activation that serves networks of common widths; wider ones want a smaller one. */
const ACTIVATION_LIMIT: number = 511;
const WEIGHT_LIMIT = 32_767;
/** Finest shift that is tried. Sums have 24 bits. Levels take 8 of them, and signs and spread some more. */
const FINEST_SHIFT = 24;
/** Activations that stay below this are treated as if they reached it. */
const SMALLEST_RANGE = 1e-3;

/** Finest and coarsest step of a latent as a level: 2^-8 and 2^8. */
const LATENT_EXPONENT_LIMIT = 8;

/** Magnitudes seen in calibration. */
export interface CalibratedLimits {
  /** Largest magnitude of an element of z, an integer. */
  readonly z: number;
  /** `[M]`: for each channel of y^, the largest magnitude. */
  readonly latents: Float64Array;
  /** For each layer that others take the result of, `[channels]`: largest magnitude of its result. */
  readonly activations: ReadonlyMap<string, Float64Array>;
}

/** The exact form of a network's entropy networks. */
export interface QuantizedNetworks {
  readonly layers: ReadonlyMap<string, ExactLayer>;
  /** `[M]`: y^ enters a context as the level round(y^ * 2^exponent). */
  readonly latentExponents: Int8Array;
}

/** A weight of one output channel, as a real number per input level. */
interface ChannelWeight {
  /** Place in the layer's weights. */
  readonly index: number;
  readonly value: number;
}

/** The weights of each output channel, multiplied by the step of their input channel. */
function weightsByChannel(
  { kind, kernel, mask }: EntropyLayer,
  channels: number,
  weight: FloatArray,
  steps: Float64Array,
): ChannelWeight[][] {
  const inputChannels = steps.length;
  const area = kernel ** 2;
  const visible = mask === undefined ? null : tapMask(kernel, mask);
  const byChannel: ChannelWeight[][] = Array.from({ length: channels }, () => []);
  weight.data.forEach((value, index) => {
    if (visible !== null && visible[index % area] === 0) return;
    const outer = Math.floor(index / area);
    const [channel, input] =
      kind === "deconv"
        ? [outer % channels, Math.floor(outer / channels)]
        : [Math.floor(outer / inputChannels), outer % inputChannels];
    byChannel[channel]?.push({ index, value: value * steps[input]! });
  });
  return byChannel;
}

/**
 * The exact form of one layer.
 *
 * @param steps `[inputChannels]`: what one level of each input channel stands for.
 * @param outputSteps `[layer.channels]`: the same of the result, made larger where no unit would fit; null for real numbers.
 */
function quantizeLayer(
  { layer: spec, result }: PlacedLayer,
  weight: FloatArray,
  bias: FloatArray,
  inputLimit: number,
  steps: Float64Array,
  outputSteps: Float64Array | null,
): ExactLayer {
  const { kind, stride = 1, kernel, activation = "none" } = spec;
  /** Channels of the sums for each channel of the result. */
  const block = kind === "sub-pixel" ? stride ** 2 : 1;
  const channels = spec.channels * block;
  const layer: ExactLayer = {
    kind,
    stride,
    kernel,
    inputChannels: steps.length,
    channels,
    inputLimit,
    weight: new Int16Array(weight.data.length),
    bias: new Int32Array(channels),
    exponents: new Int8Array(channels),
    activation,
    result,
  };
  const byChannel = weightsByChannel(spec, channels, weight, steps);
  for (const [channel, weights] of byChannel.entries()) {
    if (outputSteps === null) break;
    const magnitudes = weights.map(({ value }) => Math.abs(value));
    const sum = magnitudes.reduce((total, magnitude) => total + magnitude, Math.abs(bias.data[channel]!));
    const largest = magnitudes.reduce((most, magnitude) => Math.max(most, magnitude), 0);
    // With room to spare for rounding, so that the coarsest unit fits in any case.
    const needed = Math.max((inputLimit * sum) / (EXACT_LIMIT / 2), largest / (WEIGHT_LIMIT - 1));
    const to = Math.floor(channel / block);
    outputSteps[to] = Math.max(outputSteps[to]!, needed);
  }
  // All channels begin with the finest unit; those that break the bound go on with one twice as large.
  let open = byChannel.map((_, channel) => channel);
  for (let shift = FINEST_SHIFT; shift >= 0 && open.length > 0; shift--) {
    const fits = new Set<number>();
    for (const channel of open) {
      const unit = (outputSteps?.[Math.floor(channel / block)] ?? 1) * 2 ** -shift;
      // Half of a level, so that the floor rounds to nearest.
      const half = outputSteps === null || shift === 0 ? 0 : 2 ** (shift - 1);
      const biasUnits = Math.round(bias.data[channel]! / unit) + half;
      const weights = byChannel[channel] as ChannelWeight[];
      const largest = weights.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) / unit;
      if (largest > WEIGHT_LIMIT || Math.abs(biasUnits) >= EXACT_LIMIT) continue;
      for (const { index, value } of weights) layer.weight[index] = Math.round(value / unit);
      layer.bias[channel] = biasUnits;
      layer.exponents[channel] = -shift;
      fits.add(channel);
    }
    const bounds = sumBounds(layer);
    open = open.filter((channel) => !(fits.has(channel) && bounds[channel]! < EXACT_LIMIT));
  }
  if (open.length > 0) {
    throw new HalfstepError(
      "bad-weights",
      `weights: "${spec.name}", channel ${open[0]}: got values too large for an exact layer; train the network longer, or start again`,
    );
  }
  proveExact(layer, spec.name);
  return layer;
}

/** A map while layers are made: what one level of each channel stands for, and how large levels get. */
interface Levels {
  readonly steps: Float64Array;
  readonly limit: number;
}

const joined = (parts: readonly Float64Array[]): Float64Array => Float64Array.from(parts.flatMap((part) => [...part]));

/**
 * The exact form of all entropy networks.
 *
 * @param weights all of the network's, by dotted name
 * @param activationLimit largest level: more of it leaves fewer bits to the weights.
 * @throws {HalfstepError} `bad-weights` if a weight is missing, or too large for any unit.
 */
export function quantizeNetworks(
  network: HyperpriorNetwork,
  weights: ReadonlyMap<string, FloatArray>,
  limits: CalibratedLimits,
  activationLimit: number = ACTIVATION_LIMIT,
): QuantizedNetworks {
  const read = (name: string): FloatArray => {
    const found = weights.get(name);
    if (found !== undefined) return found;
    throw new HalfstepError("bad-weights", `weights: "${name}": got nothing; use the weights of this network`);
  };
  const placed = entropyLayers(network);
  const layers = new Map<string, ExactLayer>();
  const make = ({ steps, limit }: Levels, { name, channels }: EntropyLayer): Levels => {
    const place = placed.get(name) as PlacedLayer;
    const seen = limits.activations.get(name);
    if ((place.result === "levels") !== (seen !== undefined)) throw new Error(`internal: "${name}" was not calibrated`);
    // A channel that never fires still gets a step: it must not fire in an exact network either.
    const outputSteps = seen?.map((most) => Math.max(most, SMALLEST_RANGE) / activationLimit) ?? null;
    layers.set(name, quantizeLayer(place, read(`${name}.weight`), read(`${name}.bias`), limit, steps, outputSteps));
    return { steps: outputSteps ?? new Float64Array(channels).fill(1), limit: activationLimit };
  };
  const ops: EntropyOps<Levels> = {
    layer: make,
    output: make,
    concat: (maps) => ({
      steps: joined(maps.map(({ steps }) => steps)),
      limit: maps.reduce((most, { limit }) => Math.max(most, limit), 0),
    }),
    slice: ({ steps, limit }, start, end) => ({ steps: steps.slice(start, end), limit }),
    atOddSites: (map) => map,
    zeros: () => {
      throw new Error("internal: a first pass has no layers of its own");
    },
  };
  const latentExponents = Int8Array.from(limits.latents, (most) => {
    const finest = Math.floor(Math.log2(activationLimit / Math.max(most, SMALLEST_RANGE)));
    return Math.min(Math.max(finest, -LATENT_EXPONENT_LIMIT), LATENT_EXPONENT_LIMIT);
  });
  const latents = (start: number, end: number): Levels => ({
    steps: Float64Array.from(latentExponents.subarray(start, end), (exponent) => 2 ** -exponent),
    limit: activationLimit,
  });
  const { M } = network.sizes;
  let features: Levels | null = null;
  let summary: Levels | null = null;
  /** Channels of y that are coded before the group of the graph. */
  let start = 0;
  for (const { name: graph, inputs, build, isFirstPass } of entropyGraphs(network)) {
    if (isFirstPass) continue;
    const widths = new Map(inputs.map(({ name, channels }) => [name, channels]));
    start = widths.get("before") ?? start;
    const input = (name: EntropyInput["name"]): Levels => {
      if (name === "z") return { steps: new Float64Array(network.zChannels).fill(1), limit: limits.z };
      if (name === "features") return features as Levels;
      if (name === "summary") return summary as Levels;
      if (name === "neighbours") return latents(0, M);
      return name === "before" ? latents(0, start) : latents(start, start + (widths.get("current") as number));
    };
    const result = build(ops, input);
    if (graph.startsWith("summary")) summary = result;
    features ??= result;
  }
  return { layers, latentExponents };
}
