/**
 * Makes exact layers from trained float ones, without training: each output channel takes the finest unit for its sums that
 * the bound of `exact-layer.ts` allows.
 *
 * The input of a layer is a = step * level with one step per channel, so that the largest magnitude seen in calibration is
 * level `activationLimit`. With u the unit of a sum, weights become round(w * step / u) and the bias round(b / u). A
 * hidden layer's unit is 2^-s times the next step, so that taking a sum to the next level is a shift; a last layer's unit is
 * a power of two itself. docs/decisions/0008-exact-networks.md has the derivation and what it costs on real images.
 */
import { HalfstepError } from "../../errors.ts";
import type { SequenceLayer } from "../../networks/layers/sequence.ts";
import type { WeightArray } from "../../networks/parameters.ts";
import { EXACT_LIMIT, type ExactLayer, proveExact, sumBounds } from "./exact-layer.ts";

/** Largest level of a hidden activation that serves networks of common widths; wider ones want a smaller one. */
export const ACTIVATION_LIMIT: number = 511;
const WEIGHT_LIMIT = 32_767;
/** Finest shift that is tried: sums have 24 bits, of which levels take 8 and signs and spread some more. */
const FINEST_SHIFT = 24;
/** Activations that stay below this are treated as if they reached it. */
const SMALLEST_RANGE = 1e-3;

/** Magnitudes seen in calibration. */
export interface CalibratedLimits {
  /** Largest magnitude of an input of the chain, an integer. */
  readonly input: number;
  /** For each layer but the last, `[channels]`: largest magnitude of its activation. */
  readonly activations: readonly Float64Array[];
}

/** A weight of one output channel, as a real number per input level. */
interface ChannelWeight {
  /** Place in the layer's weights. */
  readonly index: number;
  readonly value: number;
}

/** The weights of each output channel, multiplied by the step of their input channel. */
function weightsByChannel(spec: SequenceLayer, weight: WeightArray, steps: Float64Array): ChannelWeight[][] {
  const { kind, kernel, channels } = spec;
  const inputChannels = steps.length;
  const byChannel: ChannelWeight[][] = Array.from({ length: channels }, () => []);
  weight.data.forEach((value, index) => {
    const outer = Math.floor(index / kernel ** 2);
    const [channel, input] =
      kind === "conv"
        ? [Math.floor(outer / inputChannels), outer % inputChannels]
        : [outer % channels, Math.floor(outer / channels)];
    byChannel[channel]?.push({ index, value: value * (steps[input] as number) });
  });
  return byChannel;
}

/**
 * The exact form of one layer.
 *
 * @param steps `[inputChannels]`: what one level of each input channel stands for.
 * @param outputSteps `[channels]`: the same of the result of a hidden layer, made larger where no unit would fit; null in a
 *   last layer.
 */
function quantizeLayer(
  spec: SequenceLayer,
  weight: WeightArray,
  bias: WeightArray,
  inputLimit: number,
  steps: Float64Array,
  outputSteps: Float64Array | null,
): ExactLayer {
  const { kind, stride, kernel, channels, activation } = spec;
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
  };
  const byChannel = weightsByChannel(spec, weight, steps);
  for (const [channel, weights] of byChannel.entries()) {
    if (outputSteps === null) break;
    const magnitudes = weights.map(({ value }) => Math.abs(value));
    const sum = magnitudes.reduce((total, magnitude) => total + magnitude, Math.abs(bias.data[channel] as number));
    // With room to spare for rounding, so that the coarsest unit fits in any case.
    const needed = Math.max((inputLimit * sum) / (EXACT_LIMIT / 2), Math.max(...magnitudes) / (WEIGHT_LIMIT - 1));
    outputSteps[channel] = Math.max(outputSteps[channel] as number, needed);
  }
  // All channels begin with the finest unit; those that break the bound go on with one twice as large.
  let open = byChannel.map((_, channel) => channel);
  for (let shift = FINEST_SHIFT; shift >= 0 && open.length > 0; shift--) {
    const fits = new Set<number>();
    for (const channel of open) {
      const unit = (outputSteps?.[channel] ?? 1) * 2 ** -shift;
      // Half of a level, so that the floor rounds to nearest.
      const half = outputSteps === null || shift === 0 ? 0 : 2 ** (shift - 1);
      const biasUnits = Math.round((bias.data[channel] as number) / unit) + half;
      const weights = byChannel[channel] as ChannelWeight[];
      const largest = weights.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) / unit;
      if (largest > WEIGHT_LIMIT || Math.abs(biasUnits) >= EXACT_LIMIT) continue;
      for (const { index, value } of weights) layer.weight[index] = Math.round(value / unit);
      layer.bias[channel] = biasUnits;
      layer.exponents[channel] = -shift;
      fits.add(channel);
    }
    const bounds = sumBounds(layer);
    open = open.filter((channel) => !(fits.has(channel) && (bounds[channel] as number) < EXACT_LIMIT));
  }
  if (open.length > 0) {
    throw new HalfstepError(
      "bad-weights",
      `weights: "${spec.name}", channel ${open[0]}: got values too large for an exact layer; train the network on or start anew`,
    );
  }
  proveExact(layer, spec.name);
  return layer;
}

/**
 * The exact form of a chain.
 *
 * @param scope name of the chain's scope, such as `hs`.
 * @param activationLimit largest level of a hidden activation: more of it leaves fewer bits to the weights.
 * @throws {HalfstepError} `bad-weights` if a weight is missing, or too large for any unit.
 */
export function quantizeLayers(
  specs: readonly SequenceLayer[],
  scope: string,
  weights: ReadonlyMap<string, WeightArray>,
  limits: CalibratedLimits,
  activationLimit: number = ACTIVATION_LIMIT,
): readonly ExactLayer[] {
  const read = (name: string): WeightArray => {
    const found = weights.get(name);
    if (found !== undefined) return found;
    throw new HalfstepError("bad-weights", `weights: "${name}": got nothing; use the weights of this network`);
  };
  let steps: Float64Array | null = null;
  return specs.map((spec, i) => {
    const weight = read(`${scope}.${spec.name}.weight`);
    const inputChannels = weight.shape[spec.kind === "conv" ? 1 : 0] as number;
    const inputSteps: Float64Array = steps ?? new Float64Array(inputChannels).fill(1);
    const seen = limits.activations[i];
    // A channel that never fires still gets a step: it must not fire in an exact network either.
    const outputSteps = seen?.map((most) => Math.max(most, SMALLEST_RANGE) / activationLimit) ?? null;
    const inputLimit = i === 0 ? limits.input : activationLimit;
    steps = outputSteps;
    return quantizeLayer(spec, weight, read(`${scope}.${spec.name}.bias`), inputLimit, inputSteps, outputSteps);
  });
}
