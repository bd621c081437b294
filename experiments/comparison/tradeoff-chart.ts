/**
 * The paper's two forces on trained networks, as a Vega-Lite description. Each arm stands at its mismatch and its gradient risk at the trunks. Its
 * colour tells what training with it did to the loss. There is a panel for each plan and lambda.
 */

import type { ComparisonGroup } from "../../src/lab/paired-effects.ts";
import { type ChartSpec, rounded } from "../../src/report/chart.ts";
import { type PixelPoint, placeLabels } from "./place-labels.ts";
import type { TrunkStudy } from "./trunk-studies.ts";

type Range = readonly [number, number];

/** Percent of the loss. What lies beyond has the colour of the end. */
const CHANGE: Range = [-1, 3];
/** The axes show what the points need, and at most this. What lies beyond stands at the end. Mismatch in percent of the loss. */
const MISMATCH: Range = [-25, 50];
/** Risk, in parts of the squared mean gradient under noise. */
const RISK: Range = [1e-3, 1e5];
/** Where the axis of the risk has lines. */
const POWERS = [1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4, 1e5];
const COLUMNS = 2;
/** Pixels of a panel. */
const SIZE = { width: 560, height: 400 };
/** Of the axis, beyond the outermost points. */
const MARGIN = 0.06;

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

/** An axis: what it shows, and the way between its values and pixels. */
interface Axis {
  readonly domain: Range;
  /** Brings a value onto the axis. */
  within(value: number): number;
  /** @returns 0 at the low end of the axis, 1 at the high end */
  place(value: number): number;
  /** The value at a place: the opposite of `place`. */
  at(place: number): number;
}

function clamped(value: number, [least, most]: Range): number {
  return Math.min(most, Math.max(least, value));
}

function axisOf(values: readonly number[], limits: Range, isLogarithmic: boolean): Axis {
  const bend = (value: number): number => (isLogarithmic ? Math.log10(value) : value);
  const unbend = (value: number): number => (isLogarithmic ? 10 ** value : value);
  const bent = values.map((value) => bend(clamped(value, limits)));
  const [low, high] = [Math.min(...bent), Math.max(...bent)];
  const margin = MARGIN * (high - low) || 1;
  const [start, end] = [low - margin, high + margin];
  return {
    domain: [unbend(start), unbend(end)],
    within: (value) => clamped(value, limits),
    place: (value) => (bend(value) - start) / (end - start),
    at: (place) => unbend(start + place * (end - start)),
  };
}

function panel({ title, points }: TradeoffPanel): object {
  const mismatches = axisOf(
    points.map(({ mismatch }) => mismatch),
    MISMATCH,
    false,
  );
  const risks = axisOf(
    points.map(({ risk }) => risk),
    RISK,
    true,
  );
  const values = points.map(({ arm, mismatch, risk, change }) => ({
    arm,
    mismatch: rounded(mismatches.within(mismatch)),
    risk: rounded(risks.within(risk)),
    ...(change === null ? {} : { change: rounded(clamped(change, CHANGE)) }),
  }));
  const scaleOf = ({ domain }: Axis) => ({ domain: domain.map((value) => rounded(value)), nice: false });
  const x = {
    field: "mismatch",
    type: "quantitative",
    title: "mismatch: loss with the surrogates minus loss with rounding, %",
    scale: scaleOf(mismatches),
  };
  const y = {
    field: "risk",
    type: "quantitative",
    title: "risk of the encoder's gradient / its squared norm",
    scale: { type: "log", ...scaleOf(risks) },
    axis: { format: "~g", values: POWERS.filter((value) => value >= risks.domain[0] && value <= risks.domain[1]) },
  };
  const color = {
    field: "change",
    type: "quantitative",
    title: "loss, %",
    scale: { domain: [CHANGE[0], 0, CHANGE[1]], range: ["#0072b2", "#e0e0e0", "#d55e00"] },
  };
  const others = values.filter((value) => !("change" in value));
  const coloured = values.filter((value) => "change" in value);
  const pixels = coloured.map(
    ({ mismatch, risk }): PixelPoint => ({
      x: mismatches.place(mismatch) * SIZE.width,
      y: (1 - risks.place(risk)) * SIZE.height,
    }),
  );
  const labels = placeLabels(pixels, SIZE.height);
  const trained = coloured.map((value, i) => ({
    ...value,
    labelMismatch: rounded(mismatches.at(labels[i]!.x / SIZE.width)),
    labelRisk: rounded(risks.at(1 - labels[i]!.y / SIZE.height)),
  }));
  const labelX = { ...x, field: "labelMismatch" };
  const labelY = { ...y, field: "labelRisk" };
  return {
    title: { text: title, fontSize: 12.5 },
    ...SIZE,
    layer: [
      ...(others.length === 0
        ? []
        : [{ data: { values: others }, mark: { type: "point", size: 40, color: "#b0b0b0" }, encoding: { x, y } }]),
      ...(trained.length === 0
        ? []
        : [
            {
              data: { values: trained },
              mark: { type: "rule", color: "#999999", strokeWidth: 0.6 },
              encoding: { x, y, x2: { field: "labelMismatch" }, y2: { field: "labelRisk" } },
            },
            {
              data: { values: trained },
              mark: { type: "point", size: 80, filled: true, stroke: "#444444", strokeWidth: 0.6, opacity: 1 },
              encoding: { x, y, color },
            },
            {
              data: { values: trained },
              mark: { type: "text", align: "left", dx: 2, fontSize: 10 },
              encoding: { x: labelX, y: labelY, text: { field: "arm" } },
            },
          ]),
    ],
  };
}
