/** Rate-distortion curves from the project's result files (results/README.md) that were there when the page was built. */
import { type BdRate, bdRate, type RateBounds, type RatePoint } from "../../../src/evaluate/bd-rate.ts";
import type { MeasureName } from "../../../src/evaluate/measures.ts";
import { errorText } from "../shell/words.ts";

/** A quality that curves are drawn in. Of MS-SSIM, it is the value in dB. */
export type Metric = Exclude<MeasureName, "msSsim"> | "msSsimDb";

/** A codec's curve. */
export interface Curve {
  readonly codec: string;
  readonly label: string;
  /** Whether this project measured it, or others published it. */
  readonly source: "measured" | "quoted";
  readonly settings: string;
  readonly quotedFrom: string | null;
  readonly points: readonly Readonly<Partial<Record<"bitsPerPixel" | Metric, number | null>>>[];
}

/** The part of a result file that the view reads. */
interface ResultFile {
  readonly meta: { readonly source: "measured" | "quoted"; readonly imageSet: string; readonly quotedFrom?: string };
  readonly curves: readonly Omit<Curve, "source" | "quotedFrom">[];
}

const FILES = import.meta.glob<ResultFile>("../../../results/{measured,quoted}/kodak-*.json", { import: "default" });

/** Loads all curves on Kodak; ours come first. */
export async function loadCurves(): Promise<readonly Curve[]> {
  const files = await Promise.all(Object.values(FILES).map((load) => load()));
  const curves = files.flatMap(({ meta, curves }) =>
    curves.map((curve) => ({
      ...curve,
      // A quoted curve and a measured one may have one name.
      codec: meta.source === "quoted" ? `quoted-${curve.codec}` : curve.codec,
      label: meta.source === "quoted" ? `${curve.label}, quoted` : curve.label,
      source: meta.source,
      quotedFrom: meta.quotedFrom ?? null,
    })),
  );
  return curves.sort((a, b) => Number(isOurs(b)) - Number(isOurs(a)));
}

/** Whether a curve is of a model of this project. */
export function isOurs({ source, codec }: Pick<Curve, "source" | "codec">): boolean {
  return source === "measured" && codec.startsWith("halfstep");
}

/** The points of a curve in a quality; none where the source does not give it. */
export function pointsOf({ points }: Curve, metric: Metric): readonly RatePoint[] {
  return points.flatMap(({ bitsPerPixel, [metric]: quality }) =>
    bitsPerPixel == null || quality == null ? [] : [{ bitsPerPixel, quality }],
  );
}

/** A row of the table: the difference to the anchor, or why there is none. */
export interface BdRow {
  readonly curve: Curve;
  readonly difference: BdRate | null;
  readonly problem: string | null;
}

/** Every curve against an anchor. The best comes first, and those without a figure come last. */
export function bdRows(curves: readonly Curve[], anchor: Curve, metric: Metric, rates: RateBounds): readonly BdRow[] {
  const rows = curves.map((curve): BdRow => {
    try {
      const difference = bdRate(pointsOf(curve, metric), pointsOf(anchor, metric), { rates });
      return { curve, difference, problem: null };
    } catch (error) {
      return { curve, difference: null, problem: errorText(error) };
    }
  });
  const place = ({ difference }: BdRow): number => difference?.percent ?? Number.POSITIVE_INFINITY;
  return rows.sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}
