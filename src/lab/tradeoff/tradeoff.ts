/**
 * Mismatch against gradient risk of a surrogate, for a latent of a known density.
 *
 * The gradient should be the derivative of the expected hard loss while all latents y move to y + e h(y), where h is 1 for a shift
 * and (y - offset) / scale for a stretch. Only latents at the half-integers change their symbol, so it is exactly
 *   sum over k of p(k + 1/2) h(k + 1/2) (l(k + 1) - l(k)).
 * This also holds where p is peaked and additive noise is biased. Training gets g(y, u) h(y) instead. Its bias is E g h minus that
 * derivative, its variance E_y Var_u(g h), and the risk is bias^2 + variance.
 *
 * One direction is a mild reference: errors at different latents cancel in it. The other two references are strict, for an encoder
 * that can move each latent by itself. They are the mean gradient of additive noise, l(y + 1/2) - l(y - 1/2), and the slope across
 * the cell, l(floor(y) + 1) - l(floor(y)). bias^2 is then the mean of squares over the latents.
 */
import { byQuadrature, type Estimate } from "../estimate.ts";
import { POINTS_PER_PANEL } from "../quadrature/kronrod.ts";
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
  /** E l(y~) - E l([y]): how much larger the loss in training is than the real one. */
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
  lossMismatch: 2,
  gradient: 3,
  gradientSquared: 4,
  variance: 5,
  noise: 6,
  slope: 7,
} as const;
const SUM_COUNT = 8;

/** The sums, and what their errors are estimated to be. */
interface EstimatedSums {
  readonly sums: Float64Array;
  /** By panel of the latent, and by latent for the noise, the difference to a coarser rule: no errors cancel. */
  readonly errors: Float64Array;
}

/** The figures of the surrogate whose law it is. */
export function tradeoffFigures(law: CellLaw, problem: TradeoffProblem): TradeoffFigures {
  const { source, loss, direction } = problem;
  const h = directionOf(direction, source);
  const empty = (): Float64Array => new Float64Array(SUM_COUNT);
  const [sums, errors, panelDifference] = [empty(), empty(), empty()];
  const here = empty();
  const coarseHere = empty();
  for (const k of cellsOf(source)) {
    law.latents.forEach((r, i) => {
      if (i % POINTS_PER_PANEL === 0) moveInto(errors, panelDifference);
      const y = k + r;
      const density = source.density(y);
      if (density < 1e-13) return;
      momentsAt(law, i, k, loss, here, coarseHere);
      const along = h(y);
      const hardLoss = loss.value(Math.round(y), y);
      const byNoise = along * (loss.value(y + 0.5, y) - loss.value(y - 0.5, y));
      const bySlope = along * (loss.value(k + 1, y) - loss.value(k, y));
      for (const moments of [here, coarseHere]) {
        const mean = moments[SUMS.gradient]! * along;
        const square = moments[SUMS.gradientSquared]! * along * along;
        moments[SUMS.lossMismatch] = moments[SUMS.loss]! - hardLoss;
        moments[SUMS.gradient] = mean;
        moments[SUMS.gradientSquared] = square;
        moments[SUMS.variance] = Math.max(0, square - mean * mean);
        moments[SUMS.noise] = (mean - byNoise) ** 2;
        moments[SUMS.slope] = (mean - bySlope) ** 2;
      }
      const weight = density * law.weights[i]!;
      const difference = weight - density * law.coarseWeights[i]!;
      for (let s = 0; s < SUM_COUNT; s++) {
        const [moment, coarse] = [here[s]!, coarseHere[s]!];
        sums[s] = sums[s]! + weight * moment;
        errors[s] = errors[s]! + weight * Math.abs(moment - coarse);
        panelDifference[s] = panelDifference[s]! + difference * moment;
      }
    });
  }
  moveInto(errors, panelDifference);
  return estimates({ sums, errors }, problem);
}

/** Adds the sizes of the differences of one panel to the errors, and begins the next panel. */
function moveInto(errors: Float64Array, panelDifference: Float64Array): void {
  for (let s = 0; s < SUM_COUNT; s++) errors[s] = errors[s]! + Math.abs(panelDifference[s]!);
  panelDifference.fill(0);
}

function estimates({ sums: best, errors }: EstimatedSums, problem: TradeoffProblem): TradeoffFigures {
  const exact = hardDerivative(problem);
  const at = (sums: Float64Array, name: keyof typeof SUMS): number => sums[SUMS[name]]!;
  const from = (f: (sums: Float64Array) => number): Estimate => {
    const value = f(best);
    const error = errors.reduce((total, one, s) => {
      const both = [one, -one].map((d) => Math.abs(f(best.map((sum, i) => (i === s ? sum + d : sum))) - value));
      return total + Math.max(...both);
    }, 0);
    return byQuadrature(value, error);
  };
  const bias: Readonly<Record<ReferenceName, (sums: Float64Array) => number>> = {
    exact: (sums) => (at(sums, "gradient") - exact) ** 2,
    noise: (sums) => at(sums, "noise"),
    slope: (sums) => at(sums, "slope"),
  };
  return {
    mismatch: from((sums) => at(sums, "mismatch")),
    lossMismatch: from((sums) => at(sums, "lossMismatch")),
    meanGradient: from((sums) => at(sums, "gradient")),
    biasSquared: { exact: from(bias.exact), noise: from(bias.noise), slope: from(bias.slope) },
    variance: from((sums) => at(sums, "variance")),
    totalVariance: from((sums) => at(sums, "gradientSquared") - at(sums, "gradient") ** 2),
    risk: from((sums) => bias[problem.reference](sums) + at(sums, "variance")),
  };
}

/**
 * E_u of squared mismatch, loss, gradient and its square for latent node i in cell k: into `out`, and by the coarser rule over the
 * noise into `coarseOut`.
 */
function momentsAt(
  law: CellLaw,
  i: number,
  k: number,
  loss: PointLoss,
  out: Float64Array,
  coarseOut: Float64Array,
): void {
  const { starts, noiseWeights, coarseNoiseWeights, values, slopes, expected } = law;
  const y = k + law.latents[i]!;
  const rounded = Math.round(y);
  out.fill(0);
  coarseOut.fill(0);
  const end = starts[i + 1]!;
  for (let j = starts[i]!; j < end; j++) {
    const v = k + values[j]!;
    const distance = (v - rounded) ** 2;
    const value = loss.value(v, y);
    const g = slopes === null ? 0 : loss.slope(v, y) * slopes[j]!;
    addMoments(out, noiseWeights[j]!, distance, value, g);
    addMoments(coarseOut, coarseNoiseWeights[j]!, distance, value, g);
  }
  if (expected === null) return;
  const { weight, lower, upper } = expected;
  const gradient = weight[i]! * (loss.value(k + upper[i]!, y) - loss.value(k + lower[i]!, y));
  for (const moments of [out, coarseOut]) {
    moments[SUMS.gradient] = gradient;
    moments[SUMS.gradientSquared] = gradient ** 2;
  }
}

function addMoments(out: Float64Array, weight: number, distance: number, loss: number, gradient: number): void {
  if (weight === 0) return;
  out[SUMS.mismatch] = out[SUMS.mismatch]! + weight * distance;
  out[SUMS.loss] = out[SUMS.loss]! + weight * loss;
  out[SUMS.gradient] = out[SUMS.gradient]! + weight * gradient;
  out[SUMS.gradientSquared] = out[SUMS.gradientSquared]! + weight * gradient * gradient;
}
