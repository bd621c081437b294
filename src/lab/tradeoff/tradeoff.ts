/**
 * Mismatch against gradient risk of a surrogate, for a latent of a known density.
 *
 * What the gradient should be: the derivative of the expected hard loss while all latents y move to y + e h(y), where h is 1 for
 * a shift and (y - offset) / scale for a stretch. Only latents at the half-integers change their symbol, so it is exactly
 *   sum over k of p(k + 1/2) h(k + 1/2) (l(k + 1) - l(k)),
 * also where p is peaked and additive noise is biased. What training gets instead is g(y, u) h(y). Its bias is E g h minus that
 * derivative, its variance E_y Var_u(g h), and the risk is bias^2 + variance.
 *
 * One direction is a mild judge: errors at different latents cancel in it. The other two references are strict ones, for an
 * encoder that can move each latent by itself: the gradient that additive noise has on average, l(y + 1/2) - l(y - 1/2), and the
 * slope across the cell, l(floor(y) + 1) - l(floor(y)); bias^2 is then the mean of squares over the latents.
 */
import { byQuadrature, type Estimate } from "../estimate.ts";
import type { PointLoss } from "../surrogate/point-loss.ts";
import type { CellLaw } from "./cell-law.ts";
import type { Source } from "./sources.ts";

/** Ways in which an encoder may move all latents. */
export const DIRECTION_NAMES = ["shift", "stretch"] as const;

/** One of them. */
export type DirectionName = (typeof DIRECTION_NAMES)[number];

/** What gradients may be judged by; see the head of this file. */
export const REFERENCE_NAMES = ["exact", "noise", "slope"] as const;

/** One of them. */
export type ReferenceName = (typeof REFERENCE_NAMES)[number];

/** A problem: what is coded, what it costs, which derivative is asked for. */
export interface TradeoffProblem {
  readonly source: Source;
  readonly loss: PointLoss;
  readonly direction: DirectionName;
  /** What `risk` counts as bias. */
  readonly reference: ReferenceName;
}

/** Where a surrogate stands. Squares of gradients have the loss's unit squared, per squared step. */
export interface TradeoffFigures {
  /** E (y~ - [y])^2, in squared steps. */
  readonly mismatch: Estimate;
  /** E l(y~) - E l([y]): how much the loss in training lies above the real one. */
  readonly lossMismatch: Estimate;
  /** E g h: what training follows on average. */
  readonly meanGradient: Estimate;
  /** Against each reference: (E g h - exact derivative)^2, or the mean over latents of the squared difference times h^2. */
  readonly biasSquared: Readonly<Record<ReferenceName, Estimate>>;
  /** E_y Var_u(g h): what the surrogate's noise adds. */
  readonly variance: Estimate;
  /** Var(g h) over latents and noise: what one sample gives. */
  readonly totalVariance: Estimate;
  /** biasSquared against the problem's reference, plus variance. */
  readonly risk: Estimate;
}

/** h of a direction. */
function directionOf(direction: DirectionName, { offset, scale }: Source): (y: number) => number {
  return direction === "shift" ? () => 1 : (y) => (y - offset) / scale;
}

/** The integers k whose cells [k, k + 1) a source reaches. */
function cellsOf({ offset, reach }: Source): readonly number[] {
  const first = Math.floor(offset - reach);
  return Array.from({ length: Math.ceil(offset + reach) - first }, (_, i) => first + i);
}

/** The exact derivative of the expected hard loss. */
export function hardDerivative({ source, loss, direction }: TradeoffProblem): number {
  const h = directionOf(direction, source);
  return cellsOf(source).reduce((sum, k) => {
    const edge = k + 0.5;
    return sum + source.density(edge) * h(edge) * (loss.value(k + 1, edge) - loss.value(k, edge));
  }, 0);
}

/** Sums over one law: for each latent's weight, E_u of what is asked for. */
const SUMS = {
  mismatch: 0,
  loss: 1,
  hardLoss: 2,
  gradient: 3,
  gradientSquared: 4,
  variance: 5,
  noise: 6,
  slope: 7,
} as const;
const SUM_COUNT = 8;

/** The figures of the surrogate whose law it is. */
export function tradeoffFigures(law: CellLaw, problem: TradeoffProblem): TradeoffFigures {
  const { source, loss, direction } = problem;
  const h = directionOf(direction, source);
  const fine = new Float64Array(SUM_COUNT);
  const coarse = new Float64Array(SUM_COUNT);
  const here = new Float64Array(SUM_COUNT);
  for (const k of cellsOf(source)) {
    law.latents.forEach((r, i) => {
      const y = k + r;
      const density = source.density(y);
      if (density < 1e-13) return;
      momentsAt(law, i, k, loss, here);
      const along = h(y);
      const mean = (here[SUMS.gradient] as number) * along;
      const square = (here[SUMS.gradientSquared] as number) * along * along;
      here[SUMS.hardLoss] = loss.value(Math.round(y), y);
      here[SUMS.gradient] = mean;
      here[SUMS.gradientSquared] = square;
      here[SUMS.variance] = Math.max(0, square - mean * mean);
      here[SUMS.noise] = (mean - along * (loss.value(y + 0.5, y) - loss.value(y - 0.5, y))) ** 2;
      here[SUMS.slope] = (mean - along * (loss.value(k + 1, y) - loss.value(k, y))) ** 2;
      for (let s = 0; s < SUM_COUNT; s++) {
        const value = density * (here[s] as number);
        fine[s] = (fine[s] as number) + (law.weights[i] as number) * value;
        coarse[s] = (coarse[s] as number) + (law.coarseWeights[i] as number) * value;
      }
    });
  }
  return estimates(fine, coarse, problem);
}

function estimates(fine: Float64Array, coarse: Float64Array, problem: TradeoffProblem): TradeoffFigures {
  const exact = hardDerivative(problem);
  const at = (sums: Float64Array, name: keyof typeof SUMS): number => sums[SUMS[name]] as number;
  const from = (f: (sums: Float64Array) => number): Estimate => {
    const value = f(fine);
    return byQuadrature(value, Math.abs(value - f(coarse)));
  };
  const bias: Readonly<Record<ReferenceName, (sums: Float64Array) => number>> = {
    exact: (sums) => (at(sums, "gradient") - exact) ** 2,
    noise: (sums) => at(sums, "noise"),
    slope: (sums) => at(sums, "slope"),
  };
  return {
    mismatch: from((sums) => at(sums, "mismatch")),
    lossMismatch: from((sums) => at(sums, "loss") - at(sums, "hardLoss")),
    meanGradient: from((sums) => at(sums, "gradient")),
    biasSquared: { exact: from(bias.exact), noise: from(bias.noise), slope: from(bias.slope) },
    variance: from((sums) => at(sums, "variance")),
    totalVariance: from((sums) => at(sums, "gradientSquared") - at(sums, "gradient") ** 2),
    risk: from((sums) => bias[problem.reference](sums) + at(sums, "variance")),
  };
}

/** E_u of squared mismatch, loss, gradient and its square for latent node i in cell k, into `out`. */
function momentsAt(law: CellLaw, i: number, k: number, loss: PointLoss, out: Float64Array): void {
  const { starts, noiseWeights, values, slopes, expected } = law;
  const y = k + (law.latents[i] as number);
  const rounded = Math.round(y);
  let mismatch = 0;
  let lossSum = 0;
  let gradient = 0;
  let gradientSquared = 0;
  const end = starts[i + 1] as number;
  for (let j = starts[i] as number; j < end; j++) {
    const weight = noiseWeights[j] as number;
    const v = k + (values[j] as number);
    mismatch += weight * (v - rounded) ** 2;
    lossSum += weight * loss.value(v, y);
    if (slopes === null) continue;
    const g = loss.slope(v, y) * (slopes[j] as number);
    gradient += weight * g;
    gradientSquared += weight * g * g;
  }
  if (expected !== null) {
    const { weight, lower, upper } = expected;
    gradient =
      (weight[i] as number) * (loss.value(k + (upper[i] as number), y) - loss.value(k + (lower[i] as number), y));
    gradientSquared = gradient ** 2;
  }
  out[SUMS.mismatch] = mismatch;
  out[SUMS.loss] = lossSum;
  out[SUMS.gradient] = gradient;
  out[SUMS.gradientSquared] = gradientSquared;
}
