/** A pair's figures made free of units, for a chart. */
import type { NetworkChartPoint } from "../charts/network-chart.ts";
import type { NetworkFigures, PairFigures } from "./study-network.ts";

/** Mismatch as a part of the loss with real rounding, and the encoder's gradient noise as a part of its squared mean. */
export function relativeFigures(figures: PairFigures, hard: NetworkFigures): NetworkChartPoint {
  const { pair, lossMismatch, encoderGradientVariance, encoderGradientSquared } = figures;
  return {
    pair,
    relativeMismatch: lossMismatch.value / hard.loss,
    low: lossMismatch.low / hard.loss,
    high: lossMismatch.high / hard.loss,
    relativeVariance: encoderGradientVariance === 0 ? 0 : encoderGradientVariance / encoderGradientSquared,
  };
}
