/**
 * How a model of variable rate answers to its quality setting: whether each step of the quality gives a larger file and a better picture,
 * and how evenly. A setting that users turn must not jump, and must not turn back.
 */
import type { ResultCurve, ResultPoint } from "./result-schema.ts";

/** A step is uneven if the rate grows by more than this many times the median growth for a unit of quality, in logarithms. */
const MOST_UNEVEN = 3;

/** One quality, and the step to it from the quality below. */
export interface ResponseRow {
  /** 0..100. */
  readonly quality: number;
  readonly bitsPerPixel: number;
  readonly psnrDb: number | null;
  readonly msSsimDb: number | null;
  /** Growth of the mean rate over the quality below, in percent; null for the first row. */
  readonly growthPercent: number | null;
  /** Images whose file is not larger than at the quality below. */
  readonly imagesNotLarger: number;
}

/** The answer to all qualities. */
export interface QualityResponse {
  /** By rising quality. */
  readonly rows: readonly ResponseRow[];
  readonly imageCount: number;
  /** Median growth of the rate in percent for one unit of quality. */
  readonly medianGrowthPercent: number;
  /** The smallest and the largest growth for a unit of quality over the median one, in logarithms; null if that does not grow. */
  readonly overMedian: readonly [number, number] | null;
  /** What is wrong with it, in sentences; empty if it rises at every step, evenly. */
  readonly problems: readonly string[];
}

type Setting = ResultPoint & { readonly quality: number };

/** The response of a curve; null if it is not of a model of variable rate, or has fewer than three qualities. */
export function qualityResponse({ points }: ResultCurve): QualityResponse | null {
  const settings = points
    .flatMap((point): Setting[] =>
      point.model?.quality === undefined ? [] : [{ ...point, quality: point.model.quality }],
    )
    .sort((a, b) => a.quality - b.quality);
  if (settings.length < 3) return null;
  const rows = settings.map((setting, i) => rowOf(setting, settings[i - 1]));
  const growths = rows.slice(1).map(({ bitsPerPixel, quality }, i) => {
    const below = rows[i]!;
    return Math.log(bitsPerPixel / below.bitsPerPixel) / (quality - below.quality);
  });
  const median = growths.toSorted((a, b) => a - b)[growths.length >> 1]!;
  const largest = growths.indexOf(Math.max(...growths));
  const overMedian = median > 0 ? ([Math.min(...growths) / median, growths[largest]! / median] as const) : null;
  const step = (i: number): string => `from quality ${rows[i]!.quality} to ${rows[i + 1]!.quality}`;
  const problems = rows
    .slice(1)
    .flatMap((row, i) => [
      ...(row.bitsPerPixel > rows[i]!.bitsPerPixel ? [] : [`the rate does not rise ${step(i)}`]),
      ...(row.psnrDb === null || row.psnrDb > (rows[i]!.psnrDb ?? Number.NEGATIVE_INFINITY)
        ? []
        : [`the PSNR does not rise ${step(i)}`]),
    ]);
  if (overMedian !== null && overMedian[1] > MOST_UNEVEN) {
    problems.push(`the rate jumps ${step(largest)}, by ${overMedian[1].toFixed(1)} times the median step`);
  }
  const imageCount = settings[0]!.images?.bytes.length ?? 0;
  return { rows, imageCount, medianGrowthPercent: (Math.exp(median) - 1) * 100, overMedian, problems };
}

function rowOf(setting: Setting, below: Setting | undefined): ResponseRow {
  const { quality, bitsPerPixel, psnrDb, msSsimDb } = setting;
  const bytesBelow = below?.images?.bytes ?? [];
  return {
    quality,
    bitsPerPixel,
    psnrDb,
    msSsimDb,
    growthPercent: below === undefined ? null : (bitsPerPixel / below.bitsPerPixel - 1) * 100,
    imagesNotLarger: bytesBelow.filter((bytes, i) => (setting.images?.bytes[i] ?? bytes) <= bytes).length,
  };
}

/** Heads of {@link responseCells}. */
export const RESPONSE_COLUMNS: readonly string[] = [
  "quality",
  "bpp",
  "growth",
  "images not larger",
  "PSNR dB",
  "MS-SSIM dB",
];

/** The rows as texts. */
export function responseCells({ rows }: QualityResponse): readonly (readonly string[])[] {
  return rows.map(({ quality, bitsPerPixel, growthPercent, imagesNotLarger, psnrDb, msSsimDb }) => [
    String(quality),
    bitsPerPixel.toFixed(4),
    growthPercent === null ? "" : `${growthPercent.toFixed(1)} %`,
    growthPercent === null ? "" : String(imagesNotLarger),
    psnrDb?.toFixed(3) ?? "-",
    msSsimDb?.toFixed(3) ?? "-",
  ]);
}

/** What the response is, in a sentence or two. */
export function responseText({ rows, imageCount, medianGrowthPercent, overMedian, problems }: QualityResponse): string {
  const notLarger = rows.reduce((sum, row) => sum + row.imagesNotLarger, 0);
  const steps = rows.length - 1;
  const verdict =
    problems.length === 0
      ? `Rate and PSNR rise at each of ${steps} steps of the quality`
      : `Over ${steps} steps of the quality, ${problems.join("; ")}`;
  const evenness =
    overMedian === null ? "" : `, ${overMedian.map((times) => times.toFixed(1)).join(" to ")} times that`;
  return `${verdict}. The rate grows by ${medianGrowthPercent.toFixed(2)} % for a unit of quality (median)${evenness}. Of ${steps * imageCount} steps of single images, ${notLarger} give no larger file.`;
}
