/**
 * Rate-distortion curves as a Vega-Lite description. Measured curves are drawn through, quoted ones dashed; the rate is logarithmic,
 * as it is in Bjontegaard's integral. Refuses more curves than the palette has colours.
 */
import { UsageError } from "../../errors.ts";
import { QUALITIES, type Quality, ratePoints } from "../../evaluate/study/bd-table.ts";
import type { NamedCurve } from "../../evaluate/study/named-curves.ts";
import type { Chart } from "../chart.ts";

/** The number of colours in the charts' theme that can be distinguished; see report/figures/theme.ts. */
const MOST_CURVES = 12;
const RATES = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

/** Names of the charts' files. */
export const CHART_NAMES: Readonly<Record<Quality, string>> = {
  psnr: "rd-psnr",
  "ms-ssim": "rd-ms-ssim",
  ssimulacra2: "rd-ssimulacra2",
};

/** The chart; curves without the quality are left out. @throws {UsageError} `too-many-curves` */
export function rateDistortionChart(curves: readonly NamedCurve[], quality: Quality): Chart {
  if (curves.length > MOST_CURVES) {
    const most = `at most ${MOST_CURVES} in one figure; choose with --curves`;
    throw new UsageError("too-many-curves", `report: got ${curves.length} curves, expected ${most}`);
  }
  const { title, unit } = QUALITIES[quality];
  const legend = (curve: NamedCurve): string => (curve.source === "quoted" ? `${curve.label}, quoted` : curve.label);
  const values = curves.flatMap((curve) =>
    ratePoints(curve, quality).map(({ bitsPerPixel, quality }) => ({
      curve: legend(curve),
      source: curve.source,
      rate: Number(bitsPerPixel.toPrecision(5)),
      quality: Number(quality.toPrecision(5)),
    })),
  );
  const sources = [...new Set(curves.map(({ source }) => source))];
  const { imageCount, imageSet } = curves[0]!;
  const field = (name: string, heading: string, more: object) => ({
    field: name,
    type: "quantitative",
    title: heading,
    ...more,
  });
  return {
    name: CHART_NAMES[quality],
    description: `${title} in${unit} over bits per pixel: ${curves.map(legend).join("; ")}.`,
    spec: {
      title: { text: `${title} over rate`, subtitle: [`means over ${imageCount} images (${imageSet})`] },
      width: 620,
      height: 440,
      data: { values },
      mark: { type: "line", point: { size: 28, filled: true }, strokeWidth: 1.8 },
      encoding: {
        x: field("rate", "bits per pixel (logarithmic)", {
          scale: { type: "log", nice: false },
          axis: { values: RATES, format: "~g", grid: true },
        }),
        y: field("quality", `${title},${unit}`, { scale: { zero: false, nice: true } }),
        color: {
          field: "curve",
          type: "nominal",
          title: null,
          scale: { domain: curves.map(legend) },
          legend: { orient: "right", symbolType: "stroke", symbolStrokeWidth: 3 },
        },
        strokeDash: {
          field: "source",
          type: "nominal",
          title: null,
          scale: { domain: sources, range: sources.map((source) => (source === "quoted" ? [5, 4] : [1, 0])) },
          legend: null,
        },
      },
    },
  };
}
