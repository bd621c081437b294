/** The losses of a latent with a known density: its rate, a squared distance, and their weighted sum. */
import { LIKELIHOOD_BOUND } from "../../networks/densities/information.ts";
import { type PointLoss, squaredDistance } from "../surrogate/point-loss.ts";
import type { Source } from "./sources.ts";

/** Names of the losses. */
export const LOSS_NAMES = ["distortion", "rate", "rd"] as const;

/** One of the losses. */
export type LossName = (typeof LOSS_NAMES)[number];

/**
 * Weight of the squared distance in `rd`, in bits per squared step: 6 / ln 2, at which a step of 1 minimises rate plus weighted
 * distortion at high rate (D = step^2 / 12 and R = h - log2 step).
 */
export const HIGH_RATE_WEIGHT: number = 6 / Math.LN2;

/** What a loss needs beside the source. */
export interface LossOptions {
  /** The target of the distortion is the latent minus this. */
  readonly targetOffset: number;
  /** Weight of the distortion in `rd`, in bits per squared step. */
  readonly distortionWeight: number;
}

/** Builds a loss; its values are in bits, or squared steps for `distortion`. */
export function createLoss(name: LossName, source: Source, { targetOffset, distortionWeight }: LossOptions): PointLoss {
  const distortion = squaredDistance(targetOffset);
  if (name === "distortion") return distortion;
  const rate = tabulated(rateLoss(source), source);
  if (name === "rate") return rate;
  return {
    value: (v, y) => rate.value(v, y) + distortionWeight * distortion.value(v, y),
    slope: (v, y) => rate.slope(v, y) + distortionWeight * distortion.slope(v, y),
  };
}

/**
 * -log2 max(P(v - 1/2 < y < v + 1/2), 1e-9) under the source itself, which is the best possible entropy model. Below the bound the
 * slope goes on, as in training.
 */
export function rateLoss(source: Source): PointLoss {
  const likelihood = (v: number): number => Math.max(source.mass(v - 0.5, v + 0.5), LIKELIHOOD_BOUND);
  return {
    value: (v) => -Math.log2(likelihood(v)),
    slope: (v) => (source.density(v - 0.5) - source.density(v + 0.5)) / (likelihood(v) * Math.LN2),
  };
}

/** Steps of the table: this many for each standard deviation, but at least as many for each cell. */
const STEPS_PER_DEVIATION = 64;
const STEPS_PER_CELL = 256;

/**
 * The same loss from a table with linear interpolation of value and slope, which are asked for millions of times. A Laplacian's
 * loss bends half a step from its centre, so nodes lie there. Away from the bound on likelihoods the error is below 2e-4 of a
 * bit, a tenth of what the figures of a trade-off are read to; a test holds it.
 */
function tabulated(loss: PointLoss, source: Source): PointLoss {
  const perHalf = Math.ceil(Math.max(STEPS_PER_CELL, STEPS_PER_DEVIATION / source.scale) / 2);
  const step = 0.5 / perHalf;
  const reach = Math.ceil((source.reach + 2) / step);
  const first = source.offset - reach * step;
  const count = 2 * reach + 2;
  const values = new Float64Array(count);
  const slopes = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = loss.value(first + i * step, 0);
    slopes[i] = loss.slope(first + i * step, 0);
  }
  const read = (table: Float64Array, v: number): number => {
    const place = Math.min(Math.max((v - first) / step, 0), count - 2);
    const i = Math.floor(place);
    const below = table[i]!;
    return below + (place - i) * (table[i + 1]! - below);
  };
  return { value: (v) => read(values, v), slope: (v) => read(slopes, v) };
}
