/** A trained network under every pair of surrogates: mismatch of the loss against noise of the encoder's gradient. */
import { type Chart, rounded } from "../chart.ts";

/** What the chart shows of one pair. */
export interface NetworkChartPoint {
  readonly pair: string;
  /** Loss with the surrogates minus loss with real rounding, as a part of the latter. */
  readonly relativeMismatch: number;
  /** Ends of the 95 % interval over images; null for a single image. */
  readonly low: number | null;
  readonly high: number | null;
  /** Variance of the encoder's gradient over its squared mean. */
  readonly relativeVariance: number;
  /** Whether it is more than `relativeVariance`, by nobody knows how much: draws left nothing of the mean. */
  readonly varianceIsBound: boolean;
}

/** Name of the chart. */
export const NETWORK_CHART_NAME = "network-mismatch";

/** Pairs without noise have no variance; a logarithm has no place for it, so they stand at this part of the smallest. */
const NO_VARIANCE_PART = 0.3;
/** Mismatches beyond this stand at the edge, so that one pair does not press the others together. */
const WIDEST = 0.5;

/** The noise of a point in words: "> 1000" where only a bound is known. */
export function noiseText(
  { relativeVariance, varianceIsBound }: NetworkChartPoint,
  number: (value: number) => string,
): string {
  return varianceIsBound ? `> ${relativeVariance}` : number(relativeVariance);
}

/** The chart. @param subtitle says which network it is, and on how much it was studied */
export function networkChart(points: readonly NetworkChartPoint[], subtitle: readonly string[]): Chart {
  const positive = points.map(({ relativeVariance }) => relativeVariance).filter((variance) => variance > 0);
  const floor = (positive.length > 0 ? Math.min(...positive) : 1) * NO_VARIANCE_PART;
  const edge = (value: number): number => rounded(100 * Math.min(Math.max(value, -WIDEST), WIDEST));
  // Labels stand above and below their points in turn, from the top down: neighbours do not share a side.
  const ranked = merged(points).toSorted((a, b) => b.relativeVariance - a.relativeVariance);
  const values = ranked.map(({ pair, relativeMismatch, low, high, relativeVariance, varianceIsBound }, rank) => ({
    below: rank % 2,
    pair: labelOf(pair, [
      ...(Math.abs(relativeMismatch) > WIDEST ? [`${(100 * relativeMismatch).toFixed(0)} %`] : []),
      ...(varianceIsBound ? [`noise > ${relativeVariance}`] : []),
    ]),
    mismatch: edge(relativeMismatch),
    ...(low === null || high === null ? {} : { low: edge(low), high: edge(high) }),
    variance: rounded(Math.max(relativeVariance, floor)),
    noise: relativeVariance > 0 ? "random" : "no noise: variance 0",
  }));
  const isCut = points.some((point) =>
    [point.relativeMismatch, point.low, point.high].some((value) => Math.abs(value ?? 0) > WIDEST),
  );
  const hasIntervals = points.some(({ low }) => low !== null);
  const notes = [
    ...(hasIntervals ? ["lines: 95 % intervals over the images"] : []),
    ...(isCut ? [`mismatches and ends of intervals beyond ±${100 * WIDEST} % are drawn there`] : []),
  ];
  const x = {
    field: "mismatch",
    type: "quantitative",
    title: "loss with the surrogates minus loss with real rounding, % of the latter",
    scale: { nice: true },
  };
  const y = {
    field: "variance",
    type: "quantitative",
    scale: { type: "log", nice: false, domain: [rounded(floor / 1.5), rounded(2 * Math.max(floor, ...positive))] },
    title: "variance of the encoder's gradient / its squared mean",
    axis: { format: "~g", tickCount: 6, labelOverlap: true },
  };
  const color = {
    field: "noise",
    type: "nominal",
    title: null,
    scale: { domain: ["random", "no noise: variance 0"], range: ["#0072b2", "#d55e00"] },
    legend: { orient: "bottom" },
  };
  return {
    name: NETWORK_CHART_NAME,
    description:
      "Mismatch of the loss and noise of the encoder's gradient for each pair of surrogates, on a trained network.",
    spec: {
      title: { text: "A trained network: mismatch against gradient noise", subtitle: [...subtitle, ...notes] },
      width: 560,
      height: 380,
      data: { values },
      encoding: { y },
      layer: [
        // A layer without data has no extent, which the renderer refuses; so do the labels below a single point.
        ...(hasIntervals
          ? [
              {
                transform: [{ filter: "isValid(datum.low)" }],
                mark: { type: "rule", strokeWidth: 1.2, opacity: 0.6 },
                encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, color },
              },
            ]
          : []),
        { mark: { type: "point", filled: true, size: 55, opacity: 1 }, encoding: { x, color } },
        ...[-6, 8].slice(0, values.length).map((dy, below) => ({
          transform: [{ filter: `datum.below === ${below}` }],
          mark: { type: "text", align: "left", dx: 7, dy, fontSize: 10 },
          encoding: { x, text: { field: "pair", type: "nominal" } },
        })),
      ],
    },
  };
}

function labelOf(pair: string, remarks: readonly string[]): string {
  return remarks.length === 0 ? pair : `${pair} (${remarks.join(", ")})`;
}

/** Points without noise that lie on each other as one, with all their names. */
function merged(points: readonly NetworkChartPoint[]): readonly NetworkChartPoint[] {
  const result: NetworkChartPoint[] = [];
  for (const point of points) {
    const twin = result.findIndex(
      (other) =>
        point.relativeVariance === 0 &&
        other.relativeVariance === 0 &&
        Math.abs(other.relativeMismatch - point.relativeMismatch) < 1e-4,
    );
    const found = result[twin];
    if (found === undefined) result.push(point);
    else result[twin] = { ...found, pair: `${found.pair}, ${point.pair}` };
  }
  return result;
}
