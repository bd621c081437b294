/** Mismatch against gradient risk: one line for each surrogate along its temperatures. */
import type { LossName } from "../../lab/tradeoff/losses.ts";
import type { TradeoffSweep } from "../../lab/tradeoff/sweep.ts";
import type { ReferenceName, TradeoffProblem } from "../../lab/tradeoff/tradeoff.ts";
import { type Chart, rounded } from "../chart.ts";
import { seriesScales } from "./series.ts";

/** Risks below this part of the largest are drawn at it: a logarithm has no place for 0. */
const SMALLEST_PART = 1e-6;

const REFERENCE_TEXT: Readonly<Record<ReferenceName, string>> = {
  exact: "the exact derivative of the expected hard loss",
  noise: "the gradient of additive noise, latent by latent",
  slope: "the slope of the loss across the cell, latent by latent",
};

/** Name of the chart of a problem. */
export function tradeoffName({ source, direction, reference }: TradeoffProblem, loss: LossName): string {
  return `tradeoff-${source.name}-${loss}-${direction}-${reference}`;
}

/** What a chart's titles need beside the problem. */
export interface TradeoffChartOptions {
  readonly loss: LossName;
}

/** The chart of a sweep. */
export function tradeoffChart(sweep: TradeoffSweep, problem: TradeoffProblem, { loss }: TradeoffChartOptions): Chart {
  const { source, direction, reference } = problem;
  const risks = sweep.points.map(({ figures }) => figures.risk.value);
  const largest = Math.max(...risks);
  const floor = Math.max(largest * SMALLEST_PART, Math.min(...risks) / 1.6);
  const values = sweep.points.map(({ series, study, figures }, i) => {
    const isEnd = [sweep.points[i - 1], sweep.points[i + 1]].some((other) => other?.series !== series);
    return {
      series,
      mode: study.gradient === "expected" ? "expected" : "sample",
      order: i,
      mismatch: rounded(figures.mismatch.value),
      risk: rounded(Math.max(figures.risk.value, floor)),
      label: isEnd && study.temperature !== null ? `${study.temperature}` : "",
    };
  });
  const strokeDash = {
    field: "mode",
    type: "nominal",
    scale: { domain: ["sample", "expected"], range: [[], [4, 3]] },
    legend: null,
  };
  const scales = seriesScales(values.map(({ series }) => series));
  const isFloored = risks.some((risk) => risk < floor);
  const sourceText = `${source.name} source, standard deviation ${source.scale}, centre ${source.offset}`;
  return {
    name: tradeoffName(problem, loss),
    description: `Mismatch and gradient risk of every surrogate for a ${sourceText}, loss ${loss}, against ${REFERENCE_TEXT[reference]}.`,
    spec: {
      title: {
        text: `Mismatch against gradient risk: ${loss === "rd" ? "rate + distortion" : loss}`,
        subtitle: [
          `${sourceText}; moving by a ${direction}`,
          `bias against ${REFERENCE_TEXT[reference]}; numbers are temperatures`,
        ],
      },
      width: 520,
      height: 360,
      data: { values },
      encoding: {
        x: {
          field: "mismatch",
          type: "quantitative",
          title: "mismatch E (y~ - [y])², squared steps",
          scale: { domainMin: -0.005, nice: false },
        },
        y: {
          field: "risk",
          type: "quantitative",
          scale: { type: "log", domain: [floor, largest * 1.6], nice: false },
          axis: { tickCount: 6, format: "~g", labelOverlap: true },
          title: `risk = bias² + variance${isFloored ? ` (lowest line: ${floor.toExponential(0)} or less)` : ""}`,
        },
        color: { field: "series", type: "nominal", title: "surrogate", scale: scales.color },
      },
      layer: [
        {
          mark: { type: "line", strokeWidth: 1.6 },
          encoding: { order: { field: "order", type: "quantitative" }, strokeDash },
        },
        {
          mark: { type: "point", filled: true, size: 48, opacity: 1 },
          encoding: { shape: { field: "series", type: "nominal", title: "surrogate", scale: scales.shape } },
        },
        {
          mark: { type: "text", align: "left", dx: 6, dy: -6, fontSize: 9.5 },
          encoding: { text: { field: "label", type: "nominal" } },
        },
      ],
    },
  };
}
