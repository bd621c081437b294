/** Charts of toy codecs: what they cost with real rounding, and the cells that they learned. */
import { BANANA_FRAME } from "../../lab/toy/banana.ts";
import type { ToyCells } from "../../lab/toy/cells.ts";
import type { TrainedToy } from "../../lab/toy/train-toy.ts";
import { type Chart, rounded } from "../chart.ts";

/** Names of the charts of this file. */
export const TOY_CHART_NAMES = { losses: "toy-losses", cells: "toy-cells" } as const;

/** Losses farther than this from the best mean are drawn at the edge: a surrogate that fails would press the others together. */
const FARTHEST = { below: 0.4, above: 0.6 } as const;

/** Hard loss of every seed and their mean, the best pair on top; and what training believed the loss to be. */
export function toyLossChart(toys: readonly TrainedToy[]): Chart {
  const names = [...new Set(toys.map(({ pair }) => pair.name))];
  const meanOf = (name: string): number => {
    const own = toys.filter(({ pair }) => pair.name === name);
    return own.reduce((sum, { hard }) => sum + hard.loss, 0) / own.length;
  };
  const order = names.toSorted((a, b) => meanOf(a) - meanOf(b));
  const best = meanOf(order[0]!);
  const [low, high] = [best - FARTHEST.below, best + FARTHEST.above];
  const shown = (loss: number): number => rounded(Math.min(Math.max(loss, low), high));
  const values = toys.flatMap(({ pair, hard, soft }) => [
    { pair: pair.name, kind: "with real rounding", loss: shown(hard.loss) },
    { pair: pair.name, kind: "as training saw it", loss: shown(soft.loss) },
  ]);
  const off = order.filter((name) => meanOf(name) > high);
  const seeds = new Set(toys.map(({ seed }) => seed)).size;
  const y = { field: "pair", type: "nominal", sort: order, title: null, axis: { labelLimit: 200 } };
  return {
    name: TOY_CHART_NAMES.losses,
    description: `Loss of toy codecs with real rounding, ${seeds} seeds for each pair of surrogates; best first: ${order.join(", ")}.`,
    spec: {
      title: {
        text: "Toy codec: bits + lambda x squared distance for each point",
        subtitle: [
          `${seeds} ${seeds === 1 ? "seed" : "seeds"}; the tick is the mean with real rounding; values beyond the edges stand at them`,
          ...(off.length > 0
            ? [`beyond the right edge: ${off.map((name) => `${name} ${meanOf(name).toFixed(1)}`).join(", ")}`]
            : []),
        ],
      },
      width: 460,
      height: { step: 22 },
      layer: [
        {
          data: { values },
          mark: { type: "point", size: 42, opacity: 0.85 },
          encoding: {
            x: {
              field: "loss",
              type: "quantitative",
              title: "loss, bits for each point",
              scale: { zero: false, domain: [rounded(low), rounded(high)], nice: false },
            },
            y,
            color: {
              field: "kind",
              type: "nominal",
              title: null,
              scale: { domain: ["with real rounding", "as training saw it"], range: ["#0072b2", "#e69f00"] },
              legend: { orient: "bottom" },
            },
            shape: {
              field: "kind",
              type: "nominal",
              title: null,
              scale: { domain: ["with real rounding", "as training saw it"], range: ["circle", "diamond"] },
            },
          },
        },
        {
          data: { values: order.map((name) => ({ pair: name, loss: shown(meanOf(name)) })) },
          mark: { type: "tick", thickness: 2.5, size: 17, color: "#222222" },
          encoding: { x: { field: "loss", type: "quantitative" }, y },
        },
      ],
    },
  };
}

/** One small picture for each codec: source, boundaries of the cells, reconstructions. */
export function toyCellsChart(pictures: readonly { readonly toy: TrainedToy; readonly cells: ToyCells }[]): Chart {
  const { left, right, bottom, top } = BANANA_FRAME;
  const width = 190;
  const short = (x: number): number => Math.round(x * 100) / 100;
  const axis = { grid: false, ticks: false, labels: false, title: null, domain: false };
  const x = { field: "x", type: "quantitative", scale: { domain: [left, right], nice: false }, axis };
  const y = { field: "y", type: "quantitative", scale: { domain: [bottom, top], nice: false }, axis };
  const pictureOf = ({ toy, cells }: { readonly toy: TrainedToy; readonly cells: ToyCells }) => ({
    title: {
      text: toy.pair.name,
      subtitle: `${toy.hard.bits.toFixed(2)} bits, distance² ${toy.hard.distortion.toFixed(3)}`,
      fontSize: 12,
      subtitleFontSize: 10,
      offset: 4,
    },
    width,
    height: Math.round((width * (top - bottom)) / (right - left)),
    view: { stroke: "#bbbbbb" },
    layer: [
      {
        data: { values: cells.points.map(([px, py]) => ({ x: short(px), y: short(py) })) },
        mark: { type: "point", aria: false, filled: true, size: 4, color: "#9ecae1", opacity: 0.7, clip: true },
        encoding: { x, y },
      },
      {
        data: {
          values: cells.boundaries.flatMap((line, id) =>
            line.map(([px, py], i) => ({ id, i, x: short(px), y: short(py) })),
          ),
        },
        mark: { type: "line", aria: false, strokeWidth: 0.7, color: "#777777", clip: true },
        encoding: { x, y, detail: { field: "id", type: "nominal" }, order: { field: "i", type: "quantitative" } },
      },
      {
        data: {
          values: cells.codebook.map(({ x: px, y: py, share }) => ({
            x: short(px),
            y: short(py),
            share: rounded(share, 3),
          })),
        },
        mark: { type: "point", aria: false, filled: true, color: "#d55e00", opacity: 1, clip: true },
        encoding: {
          x,
          y,
          size: { field: "share", type: "quantitative", scale: { domain: [0, 0.1], range: [6, 60] }, legend: null },
        },
      },
    ],
  });
  return {
    name: TOY_CHART_NAMES.cells,
    description: "Quantization cells that toy codecs learned, one picture for each pair of surrogates.",
    spec: {
      title: {
        text: "The cells that each surrogate taught",
        subtitle: [
          "grey: where a latent crosses a half-integer; orange: reconstructions, larger where more points fall; blue: the source",
        ],
      },
      columns: 4,
      spacing: 18,
      concat: pictures.map(pictureOf),
    },
  };
}
