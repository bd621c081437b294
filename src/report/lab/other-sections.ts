/** The report on the scale bound, the stop-gradient, toy codecs and, where there is one, a trained network. */

import { rateMismatch } from "../../lab/rate-mismatch.ts";
import { DEFAULT_TARGET_OFFSET, surrogateStatistics } from "../../lab/surrogate/statistics.ts";
import { studySurrogate } from "../../lab/surrogate/studied-surrogate.ts";
import type { Toys } from "../../lab/toy/train-toys.ts";
import { DEFAULT_SCALE_BOUND } from "../../scale-bound.ts";
import { listed, type ReportSection, shown } from "../section.ts";
import { type NetworkChartPoint, networkChart, noiseText } from "./network-chart.ts";
import { CHART_BOUNDS, CHART_DEVIATIONS, rateMismatchChart } from "./rate-mismatch-chart.ts";
import { toyCellsChart, toyLossChart } from "./toy-charts.ts";

/** The scale bound, and the noise that the predicted mean receives. */
export function boundSection(): ReportSection {
  const small = CHART_DEVIATIONS[0]!;
  const at = (bound: number) => rateMismatch({ deviation: small, bound });
  const customary = at(DEFAULT_SCALE_BOUND);
  const widest = CHART_BOUNDS.at(-1) as number;
  return {
    title: "The lower bound on the scale",
    paragraphs: [
      `A latent that is nearly certain costs training more than the coder: with a deviation of ${small} and the customary bound of ${DEFAULT_SCALE_BOUND}, training sees ${shown(customary.trainingBits.value)} bits and the coder spends ${shown(customary.realBits.value)}. A smaller bound brings the two together from above; a larger one makes the coder pay as well: at ${widest}, ${shown(at(widest).realBits.value)} bits. Which bound is best for a network is a question for training runs; this computation only says where the mismatch sits.`,
    ],
    charts: [rateMismatchChart()],
  };
}

/** Var(1 - J) of the soft form over its temperatures. */
export function stopGradientSection(): ReportSection {
  const rows = [1, 0.5, 0.3, 0.2, 0.15, 0.1].map((temperature) => {
    const statistics = surrogateStatistics(studySurrogate({ id: "sua", form: "soft", temperature }));
    const slope = statistics.jacobianVariance?.value ?? Number.NaN;
    const ofMeans = (statistics.biasSquaredVsNoise?.value ?? Number.NaN) / (2 * DEFAULT_TARGET_OFFSET) ** 2;
    return [`${temperature}`, shown(slope + ofMeans)];
  });
  return {
    title: "Zero-centred quantization and the partial stop-gradient",
    paragraphs: [
      "When y - mu is quantized and mu added again, the distortion's gradient reaches mu with the factor 1 - J. That is 0 for additive noise and straight-through rounding; for the soft form it has mean 0 and the variance below: pure noise, and the reason to stop it (P1 stops it, P2 passes the whole gradient of the added mu instead).",
    ],
    table: { columns: ["temperature of sua soft", "Var(1 - J)"], rows },
    charts: [],
  };
}

/** Toy codecs. */
export function toySection({ toys, pictures }: Toys): ReportSection {
  const names = [...new Set(toys.map(({ pair }) => pair.name))];
  const means = names
    .map((name) => {
      const own = toys.filter(({ pair }) => pair.name === name);
      const mean = (pick: (toy: (typeof own)[number]) => number): number =>
        own.reduce((sum, toy) => sum + pick(toy), 0) / own.length;
      return {
        name,
        hard: mean(({ hard }) => hard.loss),
        soft: mean(({ soft }) => soft.loss),
        bits: mean(({ hard }) => hard.bits),
        distortion: mean(({ hard }) => hard.distortion),
      };
    })
    .toSorted((a, b) => a.hard - b.hard);
  const seeds = new Set(toys.map(({ seed }) => seed)).size;
  const best = means.slice(0, 3).map(({ name, hard }) => `${name} (${hard.toFixed(3)})`);
  const worst = means.at(-1);
  const fooled = means.toSorted((a, b) => b.hard - b.soft - (a.hard - a.soft))[0];
  return {
    title: "Toy codecs",
    paragraphs: [
      `Points along a noisy parabola are coded by a small network with two latents, trained with each pair of surrogates, ${seeds} seeds each, same points, noise and initial weights for the same seed; temperatures fall along each surrogate's annealing. The loss is judged with real rounding, the rate by the learned density.`,
      `Lowest mean loss: ${listed(best)}.${worst === undefined ? "" : ` Highest: ${worst.name} (${worst.hard.toFixed(3)}).`}${fooled === undefined ? "" : ` Training misjudged itself most with ${fooled.name}: it saw ${fooled.soft.toFixed(3)} where real rounding costs ${fooled.hard.toFixed(3)}.`} Seeds differ, as the chart shows. Differences within their spread mean nothing, and a toy proves nothing about images.`,
    ],
    table: {
      columns: ["pair", "loss", "bits", "distance²", "loss in training"],
      rows: means.map(({ name, hard, soft, bits, distortion }) => [
        name,
        hard.toFixed(3),
        bits.toFixed(3),
        distortion.toFixed(4),
        soft.toFixed(3),
      ]),
    },
    charts: [toyLossChart(toys), toyCellsChart(pictures)],
  };
}

/** What the section on a trained network needs. */
export interface NetworkReport {
  readonly points: readonly NetworkChartPoint[];
  /** Which network, how far trained, on what it was studied. */
  readonly subtitle: readonly string[];
  /** With what it was trained, in words. */
  readonly trainedWith: string;
}

/** A trained network. */
export function networkSection({ points, subtitle, trainedWith }: NetworkReport): ReportSection {
  const random = points.filter(({ relativeVariance }) => relativeVariance > 0);
  const quietest = random.toSorted((a, b) => a.relativeVariance - b.relativeVariance)[0];
  const noisiest = random.toSorted((a, b) => b.relativeVariance - a.relativeVariance)[0];
  const farthest = points.toSorted((a, b) => Math.abs(b.relativeMismatch) - Math.abs(a.relativeMismatch))[0];
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return {
    title: "A trained network",
    paragraphs: [
      `${subtitle.join("; ")}; trained with ${trainedWith}. Its weights are fixed, and every pair of surrogates is asked what training would see here and how noisy the encoder's gradient would be.`,
      [
        farthest === undefined
          ? ""
          : `Farthest from the loss with real rounding: ${farthest.pair}, by ${percent(farthest.relativeMismatch)}.`,
        quietest === undefined
          ? ""
          : `The squared mean is itself estimated from few draws, so ratios far above 1 are rough. Least noise among those with any: ${quietest.pair}, a variance of ${noiseText(quietest, shown)} of the squared mean.`,
        noisiest === undefined ? "" : `Most: ${noisiest.pair}, ${noiseText(noisiest, shown)}.`,
      ].join(" "),
    ],
    charts: [networkChart(points, subtitle)],
  };
}
