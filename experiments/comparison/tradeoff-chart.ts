/**
 * The paper's two forces on trained networks, as a Vega-Lite description. Each arm stands at its mismatch and its gradient risk at the trunks. Its
 * colour tells what training with it did to the loss. There is a panel for each plan and lambda.
 */

import type { ComparisonGroup } from "../../src/lab/paired-effects.ts";
import { type ChartSpec, rounded } from "../../src/report/chart.ts";
import type { TrunkStudy } from "./trunk-studies.ts";

/** Percent of the loss. What lies beyond has the colour and the place of the end. */
const CHANGE = [-1, 3] as const;
const MISMATCH = [-25, 50] as const;
/** Risk, in parts of the squared mean gradient under noise. What is lower or higher stands at the ends of the axis. */
const RISK = [1e-3, 1e3] as const;
const COLUMNS = 2;

/** One arm in one panel. */
export interface TradeoffPoint {
  readonly arm: string;
  /** Loss with the surrogates minus loss with real rounding, in percent of the loss with real rounding. Mean over trunks. */
  readonly mismatch: number;
  /** Squared bias against the gradient under noise, plus variance, in parts of that gradient's squared norm. Mean over trunks. */
  readonly risk: number;
  /** How much training with the arm changed the loss, in percent of that of `mixed`. Null if no such pair of runs is over. */
  readonly change: number | null;
}

/** A panel of the figure. */
export interface TradeoffPanel {
  readonly title: string;
  readonly points: readonly TradeoffPoint[];
}

/** A panel for each plan and lambda of the trunks. @param groups what forks changed */
export function tradeoffPanels(
  trunks: readonly TrunkStudy[],
  groups: readonly ComparisonGroup[],
): readonly TradeoffPanel[] {
  const panels = new Map<string, TrunkStudy[]>();
  for (const trunk of trunks) {
    const title = `${trunk.plan}, lambda ${trunk.lambda}`;
    panels.set(title, [...(panels.get(title) ?? []), trunk]);
  }
  return [...panels].map(([title, of]) => {
    const [first] = of as [TrunkStudy];
    const group = groups.find(
      ({ plan, stage, setting }) =>
        plan === first.plan && stage.startsWith("fork") && ["", `lambda ${first.lambda}`].includes(setting),
    );
    return { title, points: tradeoffPoints(of, group) };
  });
}

/** The points of one plan at one lambda. */
function tradeoffPoints(trunks: readonly TrunkStudy[], group: ComparisonGroup | undefined): readonly TradeoffPoint[] {
  const arms = [...new Set(trunks.flatMap(({ arms }) => arms.map(({ arm }) => arm)))];
  return arms.map((arm) => {
    const of = trunks.flatMap(({ hardLoss, gradientSquared, arms }) => {
      const found = arms.find((other) => other.arm === arm);
      if (found === undefined) return [];
      const risk = (Math.max(0, found.bias) + found.variance) / gradientSquared;
      return [{ mismatch: (100 * found.mismatch.value) / hardLoss, risk }];
    });
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      arm,
      mismatch: mean(of.map(({ mismatch }) => mismatch)),
      risk: mean(of.map(({ risk }) => risk)),
      change: group?.arms.find((other) => other.arm === arm)?.change.mixed?.value ?? null,
    };
  });
}

/** The figure. @param panels with at least one point each */
export function tradeoffChart(panels: readonly TradeoffPanel[]): ChartSpec {
  return {
    title: {
      text: "Mismatch, gradient risk, and what training with it gives",
      subtitle: [
        "every arm at the trunks, before it is trained; colour: change of the loss by 1,000 steps with it against mixed, grey where not trained yet",
        "risk: squared bias against the gradient under uniform noise, plus variance; values beyond the axes stand at their ends",
      ],
    },
    columns: COLUMNS,
    concat: panels.map(panel),
    spacing: 30,
  };
}

function panel({ title, points }: TradeoffPanel): object {
  const within = (value: number, [low, high]: readonly [number, number]): number =>
    Math.min(high, Math.max(low, value));
  const values = points.map(({ arm, mismatch, risk, change }) => ({
    arm,
    mismatch: rounded(within(mismatch, MISMATCH)),
    risk: rounded(within(risk, RISK)),
    ...(change === null ? {} : { change: rounded(within(change, CHANGE)) }),
  }));
  const x = {
    field: "mismatch",
    type: "quantitative",
    title: "mismatch: loss with the surrogates minus loss with rounding, %",
    scale: { domain: MISMATCH, nice: false },
  };
  const y = {
    field: "risk",
    type: "quantitative",
    title: "risk of the encoder's gradient / its squared norm",
    scale: { type: "log", domain: RISK, nice: false },
    axis: { format: "~g", tickCount: 6 },
  };
  const color = {
    field: "change",
    type: "quantitative",
    title: "loss, %",
    scale: { domain: [CHANGE[0], 0, CHANGE[1]], range: ["#0072b2", "#e0e0e0", "#d55e00"] },
  };
  const trained = values.filter((value) => "change" in value);
  const others = values.filter((value) => !("change" in value));
  return {
    title: { text: title, fontSize: 12.5 },
    width: 430,
    height: 380,
    layer: [
      ...(others.length === 0
        ? []
        : [{ data: { values: others }, mark: { type: "point", size: 40, color: "#b0b0b0" }, encoding: { x, y } }]),
      ...(trained.length === 0
        ? []
        : [
            {
              data: { values: trained },
              mark: { type: "point", size: 80, filled: true, stroke: "#444444", strokeWidth: 0.6, opacity: 1 },
              encoding: { x, y, color },
            },
            {
              data: { values: trained },
              mark: { type: "text", align: "left", dx: 8, fontSize: 9.5 },
              encoding: { x, y, text: { field: "arm" } },
            },
          ]),
    ],
  };
}
