/** Moments of a surrogate over its noise, for given latents. Every study integrates them further. */
import { integrateMany } from "../quadrature/integrate.ts";
import { NOISE_BREAKPOINTS } from "./noise-breakpoints.ts";
import { pairedNoise } from "./paired-noise.ts";
import type { PointLoss } from "./point-loss.ts";
import { type StudiedSurrogate, sampleSurrogate } from "./studied-surrogate.ts";

/** Moments, or the errors of moments; one element for each latent. */
export interface Moments {
  /** E_u (y~ - [y])^2. */
  readonly mismatch: Float64Array;
  /** E_u (y~ - y)^2. */
  readonly noisePower: Float64Array;
  /** Var_u(J); 0 in mode `expected`. */
  readonly jacobianVariance: Float64Array;
  /** E_u g. */
  readonly gradientMean: Float64Array;
  /** Var_u(g). */
  readonly gradientVariance: Float64Array;
}

/** The moments, and their absolute errors as the rule estimates them; 0 for surrogates without noise. */
export interface ConditionalMoments extends Moments {
  readonly errors: Moments;
}

/** Panels of the noise for one latent: a jump takes two for each halving, the others are for singular peaks. */
const MOST_PANELS = 512;

/**
 * The moments for each latent, by adaptive quadrature over the noise; for surrogates without noise by one evaluation, for those that
 * take two numbers by the rule of `paired-noise.ts`.
 *
 * @throws {RangeError} for two numbers and a temperature under `LOWEST_PAIRED_TEMPERATURE`.
 */
export function conditionalMoments(
  study: StudiedSurrogate,
  latents: Float64Array,
  loss: PointLoss,
): ConditionalMoments {
  const components = (points: Float64Array, owners: Int32Array, second?: Float64Array): Float64Array[] => {
    const y = Float64Array.from(owners, (owner) => latents[owner]!);
    const { values, slopes, gradients } = sampleSurrogate(study, y, points, loss, second);
    return [
      values.map((v, i) => (v - Math.round(y[i]!)) ** 2),
      values.map((v, i) => (v - y[i]!) ** 2),
      slopes ?? new Float64Array(points.length),
      slopes === null ? new Float64Array(points.length) : slopes.map((slope) => slope ** 2),
      gradients,
      gradients.map((gradient) => gradient ** 2),
    ];
  };
  if (study.surrogate.noise === null) {
    const values = components(new Float64Array(latents.length), Int32Array.from(latents.keys()));
    const none = values.map((array) => new Float64Array(array.length));
    return { ...momentsOf(values), errors: errorsOf(values, none) };
  }
  if (study.surrogate.noise.numbers === 2) return pairedMoments(components, latents.length, study.temperature ?? 1);
  const { values, errors } = integrateMany(
    (points, owners) => components(points, owners),
    Array.from(latents, () => NOISE_BREAKPOINTS),
    { components: 6, relativeTolerance: 1e-6, absoluteTolerance: 1e-8, maxHalvings: 36, maxPanels: MOST_PANELS },
  );
  return { ...momentsOf(values), errors: errorsOf(values, errors) };
}

function pairedMoments(
  components: (points: Float64Array, owners: Int32Array, second: Float64Array) => Float64Array[],
  count: number,
  temperature: number,
): ConditionalMoments {
  const { first, second, weights, coarseWeights } = pairedNoise(temperature);
  const values = Array.from({ length: 6 }, () => new Float64Array(count));
  const errors = Array.from({ length: 6 }, () => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    components(first, new Int32Array(first.length).fill(i), second).forEach((component, c) => {
      let [fine, coarse] = [0, 0];
      for (let n = 0; n < weights.length; n++) {
        fine += weights[n]! * component[n]!;
        coarse += coarseWeights[n]! * component[n]!;
      }
      values[c]![i] = fine;
      errors[c]![i] = Math.abs(fine - coarse);
    });
  }
  return { ...momentsOf(values), errors: errorsOf(values, errors) };
}

/** The six means that are integrated. */
type Means = readonly [
  mismatch: Float64Array,
  noisePower: Float64Array,
  slope: Float64Array,
  slopeSquared: Float64Array,
  gradient: Float64Array,
  gradientSquared: Float64Array,
];

function named(means: readonly Float64Array[]): Means {
  if (means.length !== 6) throw new Error("internal: moments without components");
  return means as unknown as Means;
}

function momentsOf(means: readonly Float64Array[]): Moments {
  const [mismatch, noisePower, slope, slopeSquared, gradient, gradientSquared] = named(means);
  const variance = (mean: Float64Array, square: Float64Array): Float64Array =>
    mean.map((m, i) => Math.max(0, square[i]! - m * m));
  return {
    mismatch,
    noisePower,
    jacobianVariance: variance(slope, slopeSquared),
    gradientMean: gradient,
    gradientVariance: variance(gradient, gradientSquared),
  };
}

function errorsOf(means: readonly Float64Array[], errors: readonly Float64Array[]): Moments {
  const [, , slope, , gradient] = named(means);
  const [mismatch, noisePower, slopeError, slopeSquaredError, gradientError, gradientSquaredError] = named(errors);
  const varianceError = (mean: Float64Array, meanError: Float64Array, squareError: Float64Array): Float64Array =>
    mean.map((m, i) => squareError[i]! + 2 * Math.abs(m) * meanError[i]!);
  return {
    mismatch,
    noisePower,
    jacobianVariance: varianceError(slope, slopeError, slopeSquaredError),
    gradientMean: gradientError,
    gradientVariance: varianceError(gradient, gradientError, gradientSquaredError),
  };
}
