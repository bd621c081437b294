/**
 * The measures of quality that `halfstep evaluate` takes of every image. To add one, write its record here; CONTRIBUTING.md has the steps. PSNR and
 * MS-SSIM are in all files of results, the later ones are not.
 */
import type { Image } from "../image/image.ts";
import { msSsimOrNull } from "./ms-ssim.ts";
import { psnr } from "./psnr.ts";
import { ssimulacra2OrNull } from "./ssimulacra2.ts";

/** Measures that every file of results has. */
export type FirstMeasure = "psnrDb" | "msSsim";

/** The name of a measure, which is also that of its field in results. */
export type MeasureName = FirstMeasure | "ssimulacra2";

/** A value for each measure; the later ones are absent in older results. */
export type Measured<Value> = Readonly<Record<FirstMeasure, Value>> &
  Readonly<Partial<Record<MeasureName, Value | undefined>>>;

/** One measure of quality. */
export interface Measure {
  /** The heading of its column. */
  readonly heading: string;
  /** Its value for two images of equal size; null where it has none, which its field in results/README.md explains. */
  measure(original: Image, decoded: Image): number | null;
  /** Decimals of one image's value in results. */
  readonly decimals: number;
  /** Decimals of the mean over the images. */
  readonly meanDecimals: number;
  /** Decimals of the mean in the table that the command prints. */
  readonly shownDecimals: number;
}

/** All measures, in the order of the table. */
export const MEASURES: Readonly<Record<MeasureName, Measure>> = {
  psnrDb: {
    heading: "PSNR dB",
    measure: finitePsnr,
    decimals: 3,
    meanDecimals: 4,
    shownDecimals: 3,
  },
  msSsim: { heading: "MS-SSIM", measure: msSsimOrNull, decimals: 5, meanDecimals: 6, shownDecimals: 4 },
  ssimulacra2: {
    heading: "SSIMULACRA 2",
    measure: ssimulacra2OrNull,
    decimals: 2,
    meanDecimals: 3,
    shownDecimals: 2,
  },
};

/** Their names. */
export const MEASURE_NAMES: readonly MeasureName[] = Object.keys(MEASURES) as MeasureName[];

/** PSNR in dB; null for an image that came back unchanged. */
function finitePsnr(original: Image, decoded: Image): number | null {
  const value = psnr(original, decoded);
  return Number.isFinite(value) ? value : null;
}

/** A value for each measure. */
export function byMeasure<Value>(of: (name: MeasureName, measure: Measure) => Value): Record<MeasureName, Value> {
  const entries = MEASURE_NAMES.map((name) => [name, of(name, MEASURES[name])] as const);
  return Object.fromEntries(entries) as Record<MeasureName, Value>;
}
