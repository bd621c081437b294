/** The figures of a pair without units, for a chart. */
import type { NetworkChartPoint } from "../../report/lab/network-chart.ts";
import type { NetworkFigures, PairFigures } from "./study-network.ts";

/** Where draws leave (nearly) nothing of the mean, the ratio is not known; it is given as "more than" this. */
const LARGEST_RATIO = 1000;

/** Mismatch as a part of the loss with real rounding, and the encoder's gradient noise as a part of its squared mean. */
export function relativeFigures(figures: PairFigures, hard: NetworkFigures): NetworkChartPoint {
  const { pair, lossMismatch, encoderGradientVariance, encoderGradientSquared } = figures;
  const isBound = encoderGradientVariance > LARGEST_RATIO * encoderGradientSquared;
  const ratio = encoderGradientVariance === 0 ? 0 : encoderGradientVariance / encoderGradientSquared;
  return {
    pair,
    relativeMismatch: lossMismatch.value / hard.loss,
    low: lossMismatch.low === null ? null : lossMismatch.low / hard.loss,
    high: lossMismatch.high === null ? null : lossMismatch.high / hard.loss,
    relativeVariance: isBound ? LARGEST_RATIO : ratio,
    varianceIsBound: isBound,
  };
}
