/**
 * Integrals over the noise of surrogates that take two numbers for each latent: midpoints on a lattice in t and s, where the numbers
 * are 1/2 + u = 1 / (1 + exp(-t)) and the same of s. Functions of a Gumbel-softmax are analytic in t and s, with their nearest poles
 * pi T from the real axis, and the density of t falls as exp(-|t|). So such a rule converges exponentially as its step falls below T.
 */
import { LOWEST_TEMPERATURE } from "../../quantize/cells.ts";

/** Nodes for pairs of numbers. */
export interface PairedNoise {
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** They sum to 1. */
  readonly weights: Float64Array;
  /** Weights of the rule with twice the step on the same nodes: the difference of both rules estimates the error. */
  readonly coarseWeights: Float64Array;
}

/** The step over T: the error is about exp(-2 pi^2 / 0.8) = 2e-11, that of the rule with twice the step 4e-6, times a few hundred. */
const STEP = 0.8;
/** Noise stops at t = log(2^25 - 1) = 17.3 in the surrogates; pairs with less density than both numbers' exp(-18) are left out. */
const REACH = 17.3;
const FARTHEST = 18;
/** Below, there are more than 16,000 nodes for each latent, and the figures of one surrogate take more than 20 seconds. */
export const LOWEST_PAIRED_TEMPERATURE = 0.25;

/**
 * The nodes for a temperature.
 *
 * @throws {RangeError} for a temperature under {@link LOWEST_PAIRED_TEMPERATURE} that does not count as 0.
 */
export function pairedNoise(temperature: number): PairedNoise {
  const isLimit = temperature <= LOWEST_TEMPERATURE;
  if (temperature < LOWEST_PAIRED_TEMPERATURE && !isLimit) {
    throw new RangeError(
      `pairedNoise: got the temperature ${temperature}, expected at least ${LOWEST_PAIRED_TEMPERATURE}; simulate instead`,
    );
  }
  const step = STEP * (isLimit ? 1 : Math.min(1, temperature));
  const half = Math.floor(REACH / step);
  const density = (t: number): number => Math.exp(-Math.abs(t)) / (1 + Math.exp(-Math.abs(t))) ** 2;
  const number = (t: number): number => 0.5 * Math.tanh(t / 2);
  const [first, second, weights, isCoarse]: [number[], number[], number[], boolean[]] = [[], [], [], []];
  for (let i = -half; i <= half; i++) {
    for (let j = -half; j <= half; j++) {
      const [t, s] = [i * step, j * step];
      if (Math.abs(t) + Math.abs(s) > FARTHEST) continue;
      first.push(number(t));
      second.push(number(s));
      weights.push(density(t) * density(s));
      isCoarse.push(i % 2 === 0 && j % 2 === 0);
    }
  }
  return {
    first: Float64Array.from(first),
    second: Float64Array.from(second),
    weights: normalized(weights),
    coarseWeights: normalized(weights.map((weight, n) => (isCoarse[n] ? weight : 0))),
  };
}

function normalized(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from(weights, (weight) => weight / total);
}
