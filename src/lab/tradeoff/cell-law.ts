/**
 * The law of a surrogate over one cell as nodes and weights: latents in [0, 1), for each latent values of the noise, for each
 * pair y~ and the slope. Surrogates commute with shifts by integers, so one law serves every cell, source and loss; making it
 * is the slow part.
 */

import { evaluateSurrogate, type SurrogateValues } from "../../quantize/index.ts";
import { integrateMany, type Panel } from "../quadrature/integrate.ts";
import { COARSE_WEIGHTS, FINE_WEIGHTS, POINTS, POINTS_PER_PANEL } from "../quadrature/kronrod.ts";
import { conditionalMoments } from "../surrogate/conditional-moments.ts";
import { NOISE_BREAKPOINTS } from "../surrogate/noise-breakpoints.ts";
import { pairedNoise } from "../surrogate/paired-noise.ts";
import { squaredDistance } from "../surrogate/point-loss.ts";
import { type StudiedSurrogate, sampleSurrogate } from "../surrogate/studied-surrogate.ts";

/** Nodes of latents, and for each a slice of nodes of the noise. */
export interface CellLaw {
  readonly study: StudiedSurrogate;
  /** r of each node, in [0, 1), in panels of `POINTS_PER_PANEL`. */
  readonly latents: Float64Array;
  /** Weights of the latents; they sum to 1. */
  readonly weights: Float64Array;
  /** Weights of a coarser rule on the same nodes, panel by panel: the difference of both rules estimates the error. */
  readonly coarseWeights: Float64Array;
  /** Noise nodes of latent i: from `starts[i]` up to `starts[i + 1]`. */
  readonly starts: Int32Array;
  /** Weights of the noise nodes; they sum to 1 for each latent. */
  readonly noiseWeights: Float64Array;
  /** Weights of a coarser rule on the same noise nodes, for the error. */
  readonly coarseNoiseWeights: Float64Array;
  /** y~ at each noise node. */
  readonly values: Float64Array;
  /** J at each noise node; in mode `expected` null, see `expected`. */
  readonly slopes: Float64Array | null;
  /** In mode `expected`, for each latent: d/dy E f = weight (f(upper) - f(lower)). */
  readonly expected: SurrogateValues["expected"];
}

/** The loss whose moments decide where nodes are needed; any loss with slope would do. */
const PROBE = squaredDistance(0.3);
/** Error that a law may add to a moment of value, slope or gradient, relative to its size. */
const NOISE_TOLERANCE = 1e-5;
const LATENT_TOLERANCE = 1e-4;
/** Panels of the latent at most this wide: a source may vary within the cell. */
const WIDEST_PANEL = 0.125;

/** Nodes and weights on adjoining panels. */
function nodesOf(panels: readonly { readonly low: number; readonly high: number }[]) {
  const points = new Float64Array(panels.length * POINTS_PER_PANEL);
  const fine = new Float64Array(points.length);
  const coarse = new Float64Array(points.length);
  panels.forEach(({ low, high }, p) => {
    for (let i = 0; i < POINTS_PER_PANEL; i++) {
      const half = (high - low) / 2;
      points[p * POINTS_PER_PANEL + i] = (low + high) / 2 + half * POINTS[i]!;
      fine[p * POINTS_PER_PANEL + i] = half * FINE_WEIGHTS[i]!;
      coarse[p * POINTS_PER_PANEL + i] = half * COARSE_WEIGHTS[i]!;
    }
  });
  return { points, fine, coarse };
}

/**
 * Makes the law of a surrogate.
 *
 * @param smallestScale of the sources it is meant for, in steps: sets how fine the latents are
 */
export function cellLaw(study: StudiedSurrogate, smallestScale: number): CellLaw {
  const widest = Math.min(WIDEST_PANEL, 2 * smallestScale);
  const pieces = 2 * Math.ceil(0.5 / widest);
  const start = Array.from({ length: pieces + 1 }, (_, i) => i / pieces);
  const { panels } = integrateMany(
    (latents) => {
      const moments = conditionalMoments(study, latents, PROBE);
      return [moments.mismatch, moments.gradientMean, moments.gradientMean.map((m) => m * m), moments.gradientVariance];
    },
    [start],
    { components: 4, relativeTolerance: LATENT_TOLERANCE, absoluteTolerance: 1e-5, maxHalvings: 14 },
  );
  const { points: latents, fine: weights, coarse: coarseWeights } = nodesOf(panels[0] ?? []);
  const noise = noiseNodes(study, latents);
  const repeated = new Float64Array(noise.points.length);
  latents.forEach((latent, i) => {
    repeated.fill(latent, noise.starts[i]!, noise.starts[i + 1]!);
  });
  const { values, slopes } = sampleSurrogate(study, repeated, noise.points, PROBE, noise.second);
  return {
    study,
    latents,
    weights,
    coarseWeights,
    starts: noise.starts,
    noiseWeights: noise.weights,
    coarseNoiseWeights: noise.coarseWeights,
    values,
    slopes,
    expected: study.gradient === "expected" ? expectedAt(study, latents) : null,
  };
}

function expectedAt({ surrogate, temperature }: StudiedSurrogate, latents: Float64Array): CellLaw["expected"] {
  return evaluateSurrogate(surrogate, latents, {
    noise: new Float64Array(latents.length),
    gradient: "expected",
    ...(temperature === null ? {} : { temperature }),
  }).expected;
}

interface NoiseNodes {
  readonly starts: Int32Array;
  readonly points: Float64Array;
  /** The second number of each node; only for surrogates that take two. */
  readonly second?: Float64Array;
  readonly weights: Float64Array;
  readonly coarseWeights: Float64Array;
}

function noiseNodes(study: StudiedSurrogate, latents: Float64Array): NoiseNodes {
  if (study.surrogate.noise === null) {
    const weights = new Float64Array(latents.length).fill(1);
    return {
      starts: Int32Array.from({ length: latents.length + 1 }, (_, i) => i),
      points: new Float64Array(latents.length),
      weights,
      coarseWeights: weights,
    };
  }
  if (study.surrogate.noise.numbers === 2) {
    const { first, second, weights, coarseWeights } = pairedNoise(study.temperature ?? 1);
    const forAll = (array: Float64Array) =>
      Float64Array.from({ length: latents.length * first.length }, (_, i) => array[i % first.length]!);
    return {
      starts: Int32Array.from({ length: latents.length + 1 }, (_, i) => i * first.length),
      points: forAll(first),
      second: forAll(second),
      weights: forAll(weights),
      coarseWeights: forAll(coarseWeights),
    };
  }
  const nodes = noisePanels(study, latents).map(nodesOf);
  const starts = new Int32Array(latents.length + 1);
  nodes.forEach(({ points }, i) => {
    starts[i + 1] = starts[i]! + points.length;
  });
  const points = new Float64Array(starts[latents.length]!);
  const weights = new Float64Array(points.length);
  const coarseWeights = new Float64Array(points.length);
  nodes.forEach((node, i) => {
    points.set(node.points, starts[i]);
    weights.set(node.fine, starts[i]);
    coarseWeights.set(node.coarse, starts[i]);
  });
  return { starts, points, weights, coarseWeights };
}

/**
 * Panels of the noise for each latent. Those that shrink towards both ends find all of the mass; where two that do not shrink
 * find it too, these are taken: every node costs in each later sum.
 */
function noisePanels(study: StudiedSurrogate, latents: Float64Array): readonly (readonly Panel[])[] {
  const integrated = (breakpoints: readonly number[]) =>
    integrateMany(
      (points, owners) => {
        const y = Float64Array.from(owners, (owner) => latents[owner]!);
        const { values, slopes, gradients } = sampleSurrogate(study, y, points, PROBE);
        const slope = slopes ?? gradients;
        return [values, slope, slope.map((one) => one * one), gradients.map((one) => one * one)];
      },
      Array.from(latents, () => breakpoints),
      { components: 4, relativeTolerance: NOISE_TOLERANCE, absoluteTolerance: NOISE_TOLERANCE / 10, maxHalvings: 30 },
    );
  const all = integrated(NOISE_BREAKPOINTS);
  const few = integrated([-0.5, 0, 0.5]);
  return all.panels.map((panels, i) => {
    const isFound = all.values.every((values, c) => {
      const value = values[i]!;
      const difference = Math.abs(value - few.values[c]![i]!);
      return difference <= Math.max(NOISE_TOLERANCE / 10, NOISE_TOLERANCE * Math.abs(value));
    });
    return isFound ? (few.panels[i] ?? panels) : panels;
  });
}
