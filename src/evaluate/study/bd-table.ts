/** Bjontegaard differences of curves against one of them, as numbers, and as a table of texts for Markdown and HTML. */
import { HalfstepError } from "../../errors.ts";
import { type BdOptions, bdPsnr, bdRate, type RateBounds, type RatePoint } from "../bd-rate.ts";
import type { MeasureName } from "../measures.ts";
import type { NamedCurve } from "./named-curves.ts";

/** The measures of quality that curves can have. */
export type Quality = "psnr" | "ms-ssim" | "ssimulacra2";

/** A measure of quality in words, and where it stands. */
export interface QualityInfo {
  /** The measure that it is made of. */
  readonly measure: MeasureName;
  /** Its field in a point. */
  readonly field: Exclude<MeasureName, "msSsim"> | "msSsimDb";
  readonly title: string;
  /** With the space before it: " dB". */
  readonly unit: string;
  /** What the mean over the images is. */
  readonly mean: string;
  /** Why a measured point has none. */
  readonly missing: string;
}

/** Their fields and names. */
export const QUALITIES: Readonly<Record<Quality, QualityInfo>> = {
  psnr: {
    measure: "psnrDb",
    field: "psnrDb",
    title: "PSNR",
    unit: " dB",
    mean: "RGB, mean over the images",
    missing: "an image came back without an error, which has no finite PSNR",
  },
  "ms-ssim": {
    measure: "msSsim",
    field: "msSsimDb",
    title: "MS-SSIM",
    unit: " dB",
    mean: "-10 log10(1 - x) of the mean over the images",
    missing: "an image is too small, or came back without an error",
  },
  ssimulacra2: {
    measure: "ssimulacra2",
    field: "ssimulacra2",
    title: "SSIMULACRA 2",
    unit: " points",
    mean: "up to 100, mean over the images",
    missing: "an image is too small",
  },
};

/** One row of the table. */
export interface BdRow {
  readonly name: string;
  readonly label: string;
  readonly source: "measured" | "quoted";
  /** Percent of the anchor's rate at equal quality, by PCHIP; null with a `problem`. */
  readonly ratePercent: number | null;
  /** The same by one cubic through all points. */
  readonly cubicPercent: number | null;
  /** Quality over the anchor's at equal rate, by PCHIP; null if no rates are shared. */
  readonly gain: number | null;
  /** Qualities that both curves cover. */
  readonly interval: readonly [number, number] | null;
  /** Why there is no BD-rate. */
  readonly problem: string | null;
  /** Which points of the curve or of the anchor count for nothing, and why; null if all of them count. */
  readonly leftOut: string | null;
}

/** The points of a curve that have a value of the quality. */
export function ratePoints({ points }: NamedCurve, quality: Quality): readonly RatePoint[] {
  return points.flatMap((point) => {
    const value = point[QUALITIES[quality].field] ?? null;
    return value === null ? [] : [{ bitsPerPixel: point.bitsPerPixel, quality: value }];
  });
}

/** What a measured curve has no value for, in words; null if all its points have one. */
function pointsLeftOut({ name, source, points }: NamedCurve, quality: Quality): string | null {
  const { field, title, missing } = QUALITIES[quality];
  const without = points.filter((point) => point[field] === null).map(({ setting }) => setting);
  if (source !== "measured" || without.length === 0) return null;
  return `${name} without its points at ${without.join(", ")}, which have no ${title}: ${missing}`;
}

/**
 * The table; a curve that cannot be compared keeps its row, with the reason.
 * @param rates bits per pixel beyond which nothing is compared. Default: no bounds.
 */
export function bdTable(
  curves: readonly NamedCurve[],
  anchor: NamedCurve,
  quality: Quality,
  rates?: RateBounds,
): readonly BdRow[] {
  const reference = ratePoints(anchor, quality);
  return curves.map((curve) => {
    const points = ratePoints(curve, quality);
    const { name, label, source } = curve;
    const rate = (options: BdOptions) => attempt(() => bdRate(points, reference, options));
    const [pchip, cubic] = [rate({ method: "pchip", rates }), rate({ method: "cubic", rates })];
    const leftOut = [...new Set([curve, anchor])].flatMap((one) => pointsLeftOut(one, quality) ?? []);
    const gain = attempt(() => bdPsnr(points, reference, { rates }));
    return {
      name,
      label,
      source,
      ratePercent: pchip.value?.percent ?? null,
      cubicPercent: cubic.value?.percent ?? null,
      gain: gain.value?.db ?? null,
      interval: pchip.value?.interval ?? null,
      problem: pchip.problem,
      leftOut: leftOut.length === 0 ? null : leftOut.join("; "),
    };
  });
}

/** Runs a comparison; what the curves make impossible is a reason, anything else an error. */
function attempt<Value>(compare: () => Value): { readonly value: Value | null; readonly problem: string | null } {
  try {
    return { value: compare(), problem: null };
  } catch (error) {
    const isOfCurves = error instanceof RangeError || (error instanceof HalfstepError && error.code === "no-overlap");
    if (!isOfCurves) throw error;
    return { value: null, problem: error.message.replace(/^bdRate: /, "").replace(/;.*/, "") };
  }
}

/** Heads of {@link bdCells}. */
export function bdColumns(anchor: NamedCurve, quality: Quality): readonly string[] {
  const { title, unit } = QUALITIES[quality];
  return ["curve", "source", `BD-rate vs ${anchor.name}`, "cubic", `BD-${title}`, `interval (${title},${unit})`];
}

/** The rows as texts, the smallest BD-rate first. */
export function bdCells(rows: readonly BdRow[], quality: Quality): readonly (readonly string[])[] {
  const { unit } = QUALITIES[quality];
  const rank = ({ ratePercent }: BdRow): number => ratePercent ?? Number.POSITIVE_INFINITY;
  return rows
    .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .map(({ label, source, ratePercent, cubicPercent, gain, interval, problem, leftOut }) => [
      label,
      source,
      signed(ratePercent, 1, " %"),
      signed(cubicPercent, 1, " %"),
      signed(gain, 2, unit),
      [interval === null ? (problem ?? "") : interval.map((end) => end.toFixed(1)).join(" to "), leftOut ?? ""]
        .filter((part) => part !== "")
        .join("; "),
    ]);
}

function signed(value: number | null, decimals: number, unit: string): string {
  if (value === null) return "-";
  const text = value.toFixed(decimals);
  if (Number(text) === 0) return `${(0).toFixed(decimals)}${unit}`;
  return `${value > 0 ? "+" : ""}${text}${unit}`;
}

/**
 * BD-rates of every curve (a row each) against every curve (a column each), as texts, by PCHIP; a dash where two cannot be compared.
 */
export function bdMatrix(
  curves: readonly NamedCurve[],
  quality: Quality,
  rates?: RateBounds,
): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const against = curves.map((anchor) => bdTable(curves, anchor, quality, rates));
  return {
    columns: ["BD-rate of", ...curves.map(({ name }) => `vs ${name}`)],
    rows: curves.map(({ name }, row) => [
      name,
      ...against.map((table, column) => (row === column ? "" : signed(table[row]!.ratePercent, 1, " %"))),
    ]),
  };
}
