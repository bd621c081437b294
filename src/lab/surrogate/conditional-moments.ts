/** Moments of a surrogate over its noise, for given latents: what every study integrates further. */
import { integrateMany } from "../quadrature/integrate.ts";
import type { PointLoss } from "./point-loss.ts";
import { type StudiedSurrogate, sampleSurrogate } from "./studied-surrogate.ts";

/** One element for each latent. */
export interface ConditionalMoments {
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

const HALF_NOISE = 0.5;

/** The moments for each latent, by adaptive quadrature over the noise; for surrogates without noise by one evaluation. */
export function conditionalMoments(
  study: StudiedSurrogate,
  latents: Float64Array,
  loss: PointLoss,
): ConditionalMoments {
  const components = (points: Float64Array, owners: Int32Array): Float64Array[] => {
    const y = Float64Array.from(owners, (owner) => latents[owner] as number);
    const { values, slopes, gradients } = sampleSurrogate(study, y, points, loss);
    return [
      values.map((v, i) => (v - Math.round(y[i] as number)) ** 2),
      values.map((v, i) => (v - (y[i] as number)) ** 2),
      slopes ?? new Float64Array(points.length),
      slopes === null ? new Float64Array(points.length) : slopes.map((slope) => slope ** 2),
      gradients,
      gradients.map((gradient) => gradient ** 2),
    ];
  };
  const [mismatch, noisePower, slope, slopeSquared, gradient, gradientSquared] =
    study.surrogate.noise === null
      ? components(new Float64Array(latents.length), Int32Array.from(latents.keys()))
      : integrateMany(
          components,
          Array.from(latents, () => [-HALF_NOISE, 0, HALF_NOISE]),
          {
            components: 6,
            relativeTolerance: 1e-6,
            absoluteTolerance: 1e-8,
            maxHalvings: 36,
          },
        ).values;
  if (!mismatch || !noisePower || !slope || !slopeSquared || !gradient || !gradientSquared) {
    throw new Error("internal: moments without components");
  }
  const variance = (mean: Float64Array, square: Float64Array): Float64Array =>
    mean.map((m, i) => Math.max(0, (square[i] as number) - m * m));
  return {
    mismatch,
    noisePower,
    jacobianVariance: variance(slope, slopeSquared),
    gradientMean: gradient,
    gradientVariance: variance(gradient, gradientSquared),
  };
}
