/**
 * The learned density of `deep-factorized.ts` in plain double precision, for the tables of a model file: probabilities of
 * integers, and where the density begins and ends. It runs when a model is exported, never when a stream is read.
 */
import type { FloatArray } from "../../engine/index.ts";
import { HalfstepError } from "../../errors.ts";
import { FACTORIZED_WIDTHS } from "./deep-factorized.ts";

/** The density's parameters of all channels, ready to evaluate: softplus and tanh are applied. */
export interface FactorizedWeights {
  readonly channels: number;
  /** For each layer, row-major `[channels, to, from]`, positive. */
  readonly matrices: readonly Float64Array[];
  /** For each layer, `[channels, to]`. */
  readonly biases: readonly Float64Array[];
  /** For each layer but the last, `[channels, to]`, in (-1, 1). */
  readonly factors: readonly Float64Array[];
}

/** Where the mass of a channel is. */
export interface FactorizedSupport {
  /** Smallest integer to list: values below it have at most half of the tail mass. */
  readonly low: number;
  /** Largest integer to list: values above it have at most half of the tail mass. */
  readonly high: number;
  /** Where the distribution function is 1/2. */
  readonly median: number;
}

/**
 * Picks a density's parameters from a network's weights.
 *
 * @param prefix the scope's name without the last dot, such as `z.density`.
 * @throws {HalfstepError} "bad-weights" if one is missing, has another size or is not finite.
 */
export function readFactorizedWeights(weights: ReadonlyMap<string, FloatArray>, prefix: string): FactorizedWeights {
  const channels = weights.get(`${prefix}.matrix0`)?.shape[0] ?? 0;
  const layers = FACTORIZED_WIDTHS.length - 1;
  const read = (name: string, perChannel: number, map: (value: number) => number): Float64Array => {
    const data = weights.get(`${prefix}.${name}`)?.data;
    if (data === undefined || data.length !== channels * perChannel || !data.every(Number.isFinite)) {
      throw new HalfstepError(
        "bad-weights",
        `weights: "${prefix}.${name}": got ${data === undefined ? "nothing" : `${data.length} values`}, expected ${perChannel} finite values for each of ${channels} channels; use the weights of this network`,
      );
    }
    return Float64Array.from(data, map);
  };
  const width = (layer: number): number => FACTORIZED_WIDTHS[layer]!;
  const list = (count: number, make: (layer: number) => Float64Array): Float64Array[] =>
    Array.from({ length: count }, (_, layer) => make(layer));
  return {
    channels,
    matrices: list(layers, (i) => read(`matrix${i}`, width(i) * width(i + 1), softplus)),
    biases: list(layers, (i) => read(`bias${i}`, width(i + 1), (value) => value)),
    factors: list(layers - 1, (i) => read(`factor${i}`, width(i + 1), Math.tanh)),
  };
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** The logit of the distribution function of one channel at x: increasing in x. */
export function factorizedLogit(weights: FactorizedWeights, channel: number, x: number): number {
  let values = [x];
  weights.matrices.forEach((matrix, layer) => {
    const from = FACTORIZED_WIDTHS[layer]!;
    const to = FACTORIZED_WIDTHS[layer + 1]!;
    const factors = weights.factors[layer];
    values = Array.from({ length: to }, (_, row) => {
      const unit = channel * to + row;
      let sum = weights.biases[layer]![unit]!;
      for (let column = 0; column < from; column++) {
        sum += matrix[unit * from + column]! * values[column]!;
      }
      return factors === undefined ? sum : sum + factors[unit]! * Math.tanh(sum);
    });
  });
  return values[0]!;
}

/**
 * Probabilities of the integers `from` to `to`, both included, under one channel's density.
 *
 * @throws {RangeError} for a channel that does not exist or bounds that are not integers with from <= to.
 */
export function factorizedPmf(weights: FactorizedWeights, channel: number, from: number, to: number): Float64Array {
  checkChannel("factorizedPmf", weights, channel);
  if (!Number.isInteger(from) || !Number.isInteger(to) || from > to) {
    throw new RangeError(`factorizedPmf: got the range ${from}..${to}, expected integers in order`);
  }
  const pmf = new Float64Array(to - from + 1);
  let lower = factorizedLogit(weights, channel, from - 0.5);
  for (let i = 0; i < pmf.length; i++) {
    const upper = factorizedLogit(weights, channel, from + i + 0.5);
    // On the side of the median where both terms are small: nothing cancels.
    pmf[i] = lower + upper > 0 ? sigmoid(-lower) - sigmoid(-upper) : sigmoid(upper) - sigmoid(lower);
    lower = upper;
  }
  return pmf;
}

/**
 * The median, and the range of integers that holds all of the mass except `tailMass`. Half of `tailMass` may lie on either side.
 *
 * @throws {RangeError} for a channel that does not exist or a mass outside (0, 1).
 * @throws {HalfstepError} "bad-weights" if a channel's density is wider than a million steps: no table can hold it.
 */
export function factorizedSupport(weights: FactorizedWeights, channel: number, tailMass: number): FactorizedSupport {
  checkChannel("factorizedSupport", weights, channel);
  if (!(tailMass > 0 && tailMass < 1)) {
    throw new RangeError(`factorizedSupport: got tail mass ${tailMass}, expected a number between 0 and 1`);
  }
  const tail = Math.log(tailMass / 2) - Math.log1p(-tailMass / 2);
  return {
    low: Math.floor(solve(weights, channel, tail) + 0.5),
    high: Math.ceil(solve(weights, channel, -tail) - 0.5),
    median: solve(weights, channel, 0),
  };
}

const WIDEST = 2 ** 20;

/** The x at which the logit is `target`, by bisection to the last digits. */
function solve(weights: FactorizedWeights, channel: number, target: number): number {
  let reach = 1;
  const encloses = (): boolean =>
    factorizedLogit(weights, channel, -reach) <= target && factorizedLogit(weights, channel, reach) >= target;
  while (!encloses()) {
    reach *= 2;
    if (reach > WIDEST) {
      throw new HalfstepError(
        "bad-weights",
        `weights: channel ${channel} of a learned density reaches beyond ${WIDEST} steps, expected less; train the network longer, or start again`,
      );
    }
  }
  let low = -reach;
  let high = reach;
  // 60 halvings of at most 2^21 steps end below 2^-38.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (factorizedLogit(weights, channel, middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function checkChannel(where: string, weights: FactorizedWeights, channel: number): void {
  if (!Number.isInteger(channel) || channel < 0 || channel >= weights.channels) {
    throw new RangeError(`${where}: got channel ${channel}, expected 0..${weights.channels - 1}`);
  }
}
