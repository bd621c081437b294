/** What every arm changes, with its interval, as a Vega-Lite description: a panel for each group, the best arm on top. */
import { HalfstepError } from "../../src/errors.ts";
import type { ArmEffect, ComparisonGroup } from "../../src/lab/paired-effects.ts";
import { type ChartSpec, rounded } from "../../src/report/chart.ts";

/** Percent. What lies beyond is drawn as an arrow at the edge, with its number. */
const [LOWEST, HIGHEST] = [-2, 4] as const;
const ROW_HEIGHT = 17;
/** Rows of a panel's height that its titles and its axis take. */
const ROWS_AROUND = 6;
const COLUMNS = 2;

/** The figure. @throws {HalfstepError} `no-results` when no group has an arm that can be compared */
export function effectsChart(groups: readonly ComparisonGroup[]): ChartSpec {
  const panels = groups.flatMap((group) => {
    const arms = group.arms.filter(({ arm, change }) => arm !== "mixed" && change.mixed !== null);
    return arms.length === 0 ? [] : [{ rows: arms.length + ROWS_AROUND, spec: panel(group, arms) }];
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
    hconcat: inColumns(panels).map((column) => ({ vconcat: column, spacing: 30 })),
    spacing: 30,
  };
}

/** Panels in columns: the tallest first, each into the column that has the fewest rows. */
function inColumns(
  panels: readonly { readonly rows: number; readonly spec: object }[],
): readonly (readonly object[])[] {
  const columns = Array.from({ length: Math.min(COLUMNS, panels.length) }, () => ({ rows: 0, specs: [] as object[] }));
  for (const { rows, spec } of panels.toSorted((a, b) => b.rows - a.rows)) {
    const shortest = columns.reduce((best, column) => (column.rows < best.rows ? column : best));
    shortest.specs.push(spec);
    shortest.rows += rows;
  }
  return columns.map(({ specs }) => specs);
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
  const x = { field: "value", type: "quantitative", title: "change of the loss, %", scale, axis: { tickCount: 7 } };
  const mark = { type: "point", filled: true, size: 46 };
  const blue = { ...mark, color: "#0072b2" };
  const inside = rows.filter(({ side }) => side === "within");
  const dots = (values: readonly object[], how: object): readonly object[] =>
    // A layer without data has no extent, and the renderer refuses it.
    values.length === 0 ? [] : [{ data: { values }, mark: how, encoding: { y, x } }];
  const withInterval = inside.filter(({ known }) => known);
  const outside = rows.filter(({ side }) => side !== "within");
  return {
    title: {
      text: plan,
      subtitle: [setting === "" ? stage : `${stage}, ${setting}`],
      fontSize: 12.5,
      subtitleFontSize: 10.5,
    },
    width: 330,
    height: ROW_HEIGHT * Math.max(arms.length, 3),
    layer: [
      {
        data: { values: [{ at: 0 }] },
        mark: { type: "rule", color: "#888888" },
        encoding: { x: { field: "at", type: "quantitative", scale } },
      },
      ...(withInterval.length === 0
        ? []
        : [
            {
              data: { values: withInterval },
              mark: { type: "rule", color: "#0072b2", strokeWidth: 2, opacity: 0.55 },
              encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
            },
          ]),
      ...dots(withInterval, blue),
      ...dots(
        inside.filter(({ known }) => !known),
        { ...mark, fill: "#ffffff", stroke: "#0072b2" },
      ),
      ...dots(
        rows.filter(({ side }) => side === "beyond"),
        { ...blue, shape: "triangle-right" },
      ),
      ...dots(
        rows.filter(({ side }) => side === "below"),
        { ...blue, shape: "triangle-left" },
      ),
      ...(outside.length === 0
        ? []
        : [
            {
              data: { values: outside },
              mark: { type: "text", align: "right", dx: -8, fontSize: 10.5 },
              encoding: { y, x, text: { field: "label" } },
            },
          ]),
    ],
  };
}
