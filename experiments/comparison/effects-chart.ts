/** What every arm changes, with its interval, as a Vega-Lite description: a panel for each group, the best arm on top. */
import { HalfstepError } from "../../src/errors.ts";
import { type ChartSpec, rounded } from "../../src/report/chart.ts";
import type { ArmEffect, ComparisonGroup } from "./paired-effects.ts";

/** Percent; what lies beyond is drawn as an arrow at the edge, with its number. */
const [LOWEST, HIGHEST] = [-2, 4] as const;
const ROW_HEIGHT = 17;
const COLUMNS = 2;

/** The figure. @throws {HalfstepError} `no-results` when no group has an arm that can be compared */
export function effectsChart(groups: readonly ComparisonGroup[]): ChartSpec {
  const panels = groups.flatMap((group) => {
    const arms = group.arms.filter(({ arm, change }) => arm !== "mixed" && change.mixed !== null);
    return arms.length === 0 ? [] : [panel(group, arms)];
  });
  if (panels.length === 0)
    throw new HalfstepError(
      "no-results",
      "what a surrogate changes: got no arm with a run of mixed beside it, expected one; train more of the plans",
    );
  return {
    title: {
      text: "What a surrogate changes",
      subtitle: [
        "change of the loss with real rounding against mixed (noise for the rate, rounding for the distortion), percent; left is better",
        "mean over paired seeds with its 95 % interval; hollow: one seed, no interval; arrows: outside of the panel",
      ],
    },
    columns: COLUMNS,
    concat: panels,
    spacing: 30,
  };
}

function panel({ plan, stage, setting }: ComparisonGroup, arms: readonly ArmEffect[]): object {
  const rows = arms.map(({ arm, change, finished }) => {
    const { value, low, high } = change.mixed!;
    const side = value > HIGHEST ? "beyond" : value < LOWEST ? "below" : "within";
    return {
      arm,
      seeds: finished,
      value: rounded(Math.min(HIGHEST, Math.max(LOWEST, value))),
      label: side === "within" ? "" : `${value > 0 ? "+" : ""}${value.toFixed(1)}`,
      side,
      known: low !== null,
      low: rounded(Math.max(LOWEST, Math.min(HIGHEST, low ?? value))),
      high: rounded(Math.max(LOWEST, Math.min(HIGHEST, high ?? value))),
    };
  });
  const y = { field: "arm", type: "nominal", title: null, sort: arms.map(({ arm }) => arm) };
  const scale = { domain: [LOWEST, HIGHEST], nice: false };
  const x = { field: "value", type: "quantitative", title: "change of the loss, %", scale };
  const mark = { type: "point", size: 46, color: "#0072b2", clip: false };
  return {
    title: {
      text: plan,
      subtitle: [setting === "" ? stage : `${stage}, ${setting}`],
      fontSize: 12.5,
      subtitleFontSize: 10.5,
    },
    width: 330,
    height: ROW_HEIGHT * arms.length,
    layer: [
      {
        data: { values: [{ at: 0 }] },
        mark: { type: "rule", color: "#888888" },
        encoding: { x: { field: "at", type: "quantitative", scale } },
      },
      {
        data: { values: rows.filter(({ known, side }) => known && side === "within") },
        mark: { type: "rule", color: "#0072b2", strokeWidth: 2, opacity: 0.55 },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        data: { values: rows.filter(({ known, side }) => known && side === "within") },
        mark: { ...mark, filled: true },
        encoding: { y, x },
      },
      {
        data: { values: rows.filter(({ known, side }) => !known && side === "within") },
        mark: { ...mark, filled: true, fill: "#ffffff", stroke: "#0072b2" },
        encoding: { y, x },
      },
      {
        data: { values: rows.filter(({ side }) => side === "beyond") },
        mark: { ...mark, shape: "triangle-right", filled: true },
        encoding: { y, x },
      },
      {
        data: { values: rows.filter(({ side }) => side === "below") },
        mark: { ...mark, shape: "triangle-left", filled: true },
        encoding: { y, x },
      },
      {
        data: { values: rows.filter(({ side }) => side !== "within") },
        mark: { type: "text", align: "right", dx: -8, fontSize: 10.5 },
        encoding: { y, x, text: { field: "label" } },
      },
    ],
  };
}
