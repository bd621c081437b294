/**
 * Loss against hours as a Vega-Lite description. There is one panel for each question. Its runs, and those that they are compared with, are in colours, and the
 * reference is in grey behind them. Both axes are logarithmic, because a saving is a factor of time, and the first minutes should not hide the end. Losses above
 * {@link HIGHEST} times the best of a panel are cut off. A panel whose runs stay lower is drawn larger.
 */
import type { ChartSpec } from "../../src/report/chart.ts";
import type { LadderResult, LadderRun } from "./ladder-result.ts";

/** The highest loss of a panel, divided by its best one. */
export const HIGHEST = 2.5;
/** A loss of this size or more is not drawn at all. */
const EXPLODED = 100;
/** Room below the best loss and above the highest one, in parts of the logarithm between them. */
const ROOM = 0.05;
const COLUMNS = 2;
const REFERENCE = "reference";
/** Drawing begins here. Before, every run has hardly begun. */
const FIRST_HOURS = 0.01;
const HOURS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
const LOSSES = [0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10];
/** Distance of the ticks of a panel that is drawn large, by the ratio of the highest loss to the best one. */
const CLOSE_TICKS = [
  { below: 1.2, step: 0.02 },
  { below: 1.5, step: 0.05 },
] as const;

interface Point {
  readonly run: string;
  readonly hours: number;
  readonly loss: number;
}

/** The figure. A panel whose runs all exploded is left out. @param result with at least one loss below {@link EXPLODED} */
export function ladderChart({ questions, runs, meta }: LadderResult): ChartSpec {
  const shown = runs.filter(({ curve }) => curve.step.length > 0);
  const last = Math.max(...shown.flatMap(({ curve }) => curve.hours));
  const hours = [FIRST_HOURS, Math.max(1.12 * last, 2 * FIRST_HOURS)] as const;
  const references = shown.filter(({ question }) => question === REFERENCE);
  const panels = Object.entries(questions).flatMap(([question, sentence]) => {
    const own = shown.filter((run) => run.question === question);
    // Losses of another lambda are other quantities: they get panels of their own.
    return [...new Set(own.map(objectiveOf))].flatMap((objective) => {
      const named = new Set(own.flatMap(({ against }) => against));
      const members = shown.filter(
        (run) => (own.includes(run) || named.has(run.name)) && objectiveOf(run) === objective,
      );
      // Without a point there is no best loss to measure the panel by.
      if (members.every((run) => pointsOf(run).length === 0)) return [];
      const behind = references.filter((run) => objectiveOf(run) === objective && !members.includes(run));
      return panel({ title: `${question}: ${sentence}`, subtitle: `lambda ${objective}`, hours }, members, behind);
    });
  });
  if (panels.length === 0)
    throw new RangeError(`ladderChart: got no run with a validation below ${EXPLODED}, expected one`);
  return {
    title: {
      text: "The ladder: loss against hours of training, one thread each",
      subtitle: [
        `bits per pixel + lambda * 255² * mean squared error, real rounding, on photographs that were not trained on; ${meta.date}`,
        `grey: the runs of "${REFERENCE}"; losses above ${HIGHEST} times the best of a panel are cut off`,
      ],
    },
    columns: COLUMNS,
    concat: panels,
    resolve: { scale: { color: "independent", x: "independent", y: "independent" }, legend: { color: "independent" } },
    spacing: 28,
  };
}

function objectiveOf({ config: { lambda, lambdaRange } }: LadderRun): string {
  return Array.isArray(lambdaRange) ? `${lambdaRange.join(" to ")}, mean over it` : String(lambda);
}

/** The validations of a run. If a run exploded, its losses are too large for the renderer, and are left out. */
function pointsOf({ name, curve }: LadderRun): readonly Point[] {
  return curve.hours
    .map((hours, i) => ({ run: name, hours: Number(hours.toPrecision(4)), loss: curve.loss[i]! }))
    .filter(({ loss }) => loss < EXPLODED);
}

function ticksFor(best: number, highest: number): readonly number[] {
  const step = CLOSE_TICKS.find(({ below }) => highest / best < below)?.step;
  if (step === undefined) return LOSSES;
  const first = Math.floor(best / step);
  return Array.from({ length: Math.ceil(highest / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toFixed(2)),
  );
}

interface Frame {
  readonly title: string;
  readonly subtitle: string;
  /** From where to where. */
  readonly hours: readonly [number, number];
}

function panel({ title, subtitle, hours }: Frame, runs: readonly LadderRun[], behind: readonly LadderRun[]): object {
  const points = runs.flatMap(pointsOf);
  const best = Math.min(...points.map(({ loss }) => loss));
  const highest = Math.min(HIGHEST * best, Math.max(...points.map(({ loss }) => loss)));
  // A run of one validation has no extent of its own.
  const room = Math.max(highest / best, 1.02) ** ROOM;
  const field = (name: string, heading: string, more: object): object => ({
    field: name,
    type: "quantitative",
    title: heading,
    ...more,
  });
  const scale = { type: "log", domain: [best / room, highest * room], nice: false };
  const encoding = {
    x: field("hours", "thread-hours (logarithmic)", {
      scale: { type: "log", domain: hours, nice: false },
      axis: { values: HOURS, format: "~g", grid: true },
    }),
    y: field("loss", "loss (logarithmic)", {
      scale,
      axis: { values: ticksFor(best, highest), format: "~g", grid: true },
    }),
  };
  const color = {
    field: "run",
    type: "nominal",
    title: null,
    scale: { domain: runs.map(({ name }) => name) },
    legend: { orient: "right", symbolType: "stroke", symbolStrokeWidth: 3 },
  };
  const ends = runs.flatMap((run) => pointsOf(run).slice(-1));
  return {
    title: { text: title, subtitle: [subtitle], fontSize: 12.5, subtitleFontSize: 10.5 },
    width: 380,
    height: 280,
    layer: [
      ...(behind.length === 0
        ? []
        : [
            {
              data: { values: behind.flatMap(pointsOf) },
              mark: { type: "line", color: "#b0b0b0", strokeWidth: 1.4, clip: true },
              encoding: { ...encoding, detail: { field: "run", type: "nominal" } },
            },
          ]),
      {
        data: { values: points },
        mark: { type: "line", strokeWidth: 1.6, clip: true },
        encoding: { ...encoding, color },
      },
      { data: { values: ends }, mark: { type: "point", size: 34, clip: true }, encoding: { ...encoding, color } },
    ],
  };
}
