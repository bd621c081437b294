/** Mismatch against risk for one source at several scales and for all losses: a grid of small plots. */
import type { LossName } from "../../lab/tradeoff/losses.ts";
import type { SourceName } from "../../lab/tradeoff/sources.ts";
import type { TradeoffSweep } from "../../lab/tradeoff/sweep.ts";
import type { DirectionName, ReferenceName } from "../../lab/tradeoff/tradeoff.ts";
import { type Chart, rounded } from "../chart.ts";
import { seriesScales } from "./series.ts";

/** One plot of the grid. */
export interface TradeoffPanel {
  readonly scale: number;
  readonly loss: LossName;
  readonly sweep: TradeoffSweep;
}

/** What the titles need. */
export interface TradeoffGridOptions {
  readonly source: SourceName;
  readonly offset: number;
  readonly direction: DirectionName;
  readonly reference: ReferenceName;
}

/** Risks are shown relative to that of additive noise; below this part of it they are drawn at it. */
const SMALLEST_RATIO = 1e-3;
const LARGEST_RATIO = 1e3;

const REFERENCE_TEXT: Readonly<Record<ReferenceName, string>> = {
  exact: "the exact derivative of the expected hard loss",
  noise: "the gradient of additive noise at each latent",
  slope: "the slope across the cell at each latent",
};

/** Risk of additive noise in a sweep. */
function noiseRisk(sweep: TradeoffSweep): number {
  const found = sweep.points.find(({ series }) => series === "aun");
  if (found === undefined) throw new Error("internal: a sweep without additive noise");
  return found.figures.risk.value;
}

/** The chart of a grid. */
export function tradeoffGridChart(panels: readonly TradeoffPanel[], options: TradeoffGridOptions): Chart {
  const { source, offset, direction, reference } = options;
  const values = panels.flatMap(({ scale, loss, sweep }) => {
    const unit = noiseRisk(sweep);
    return sweep.points.map(({ series, figures }, order) => ({
      scale: `standard deviation ${scale}`,
      loss: loss === "rd" ? "rate + distortion" : loss,
      series,
      order,
      mismatch: rounded(figures.mismatch.value, 4),
      ratio: rounded(Math.min(Math.max(figures.risk.value / unit, SMALLEST_RATIO), LARGEST_RATIO), 4),
    }));
  });
  const scales = seriesScales(values.map(({ series }) => series));
  return {
    name: `tradeoff-grid-${source}-${direction}-${reference}`,
    description: `Mismatch and gradient risk of every surrogate for a ${source} source at several scales, for distortion, rate and their sum.`,
    spec: {
      title: {
        text: `Mismatch against gradient risk, ${source} source`,
        subtitle: [
          `centre ${offset}; moving by a ${direction}; bias against ${REFERENCE_TEXT[reference]}`,
          `risk as a multiple of that of additive noise, drawn at ${SMALLEST_RATIO} or ${LARGEST_RATIO} where it is beyond`,
        ],
      },
      data: { values },
      facet: {
        row: {
          field: "loss",
          type: "nominal",
          title: null,
          sort: ["distortion", "rate", "rate + distortion"],
          header: { labelOrient: "left" },
        },
        column: { field: "scale", type: "nominal", title: null },
      },
      spacing: 14,
      spec: {
        width: 210,
        height: 165,
        encoding: {
          x: {
            field: "mismatch",
            type: "quantitative",
            title: "mismatch, squared steps",
            scale: { domain: [-0.006, 0.29], nice: false },
            axis: { tickCount: 5 },
          },
          y: {
            field: "ratio",
            type: "quantitative",
            title: "risk / risk of aun",
            scale: { type: "log", domain: [SMALLEST_RATIO * 0.7, LARGEST_RATIO * 1.4], nice: false },
            axis: { values: [0.001, 0.01, 0.1, 1, 10, 100, 1000], format: "~g" },
          },
          color: { field: "series", type: "nominal", title: "surrogate", scale: scales.color },
        },
        layer: [
          {
            mark: { type: "line", aria: false, strokeWidth: 1.3 },
            encoding: { order: { field: "order", type: "quantitative" } },
          },
          {
            mark: { type: "point", aria: false, filled: true, size: 24, opacity: 1 },
            encoding: { shape: { field: "series", type: "nominal", title: "surrogate", scale: scales.shape } },
          },
        ],
      },
    },
  };
}
