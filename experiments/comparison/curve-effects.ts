/**
 * BD-rates of the arms over the lambdas that their networks were trained for: real files of photographs, seed by seed. A curve of an arm and a seed has the
 * points of the forks of this seed's trunk, and of the forks after it moved to other lambdas.
 */
import { bdRate, type RatePoint, toDb } from "../../src/evaluate/index.ts";
import { byFewSamples, type OpenEstimate } from "../../src/lab/estimate.ts";
import { REFERENCES, type Reference } from "../../src/lab/paired-effects.ts";
import type { SweepResult } from "../../src/train/sweep/collect-results.ts";
import type { CodedRun } from "./coded-photographs.ts";

/** What a curve needs, as BD-rates do. */
const LEAST_LAMBDAS = 4;

/** The stages whose runs are points of curves. */
const STAGES = ["fork", "curve"];

/** How the quality of a curve is measured, in dB. */
const MEASURES = {
  PSNR: ({ psnrDb }: CodedRun): number => psnrDb,
  "MS-SSIM": ({ msSsim }: CodedRun): number => toDb(msSsim),
} as const;

/** Name of a measure. */
type Measure = keyof typeof MEASURES;

/** What an arm's curves are against those of the references. */
export interface CurveEffect {
  readonly arm: string;
  /** Seeds with a whole curve. */
  readonly seeds: number;
  /** BD-rate in percent, the mean over the seeds that both have; null where there are none. Negative is better. */
  readonly change: Readonly<Record<Measure, Readonly<Record<Reference, OpenEstimate | null>>>>;
}

/** The curves of a plan. */
export interface CurveGroup {
  readonly plan: string;
  /** In rising order. */
  readonly lambdas: readonly number[];
  /** The best against `mixed` by PSNR on top. */
  readonly arms: readonly CurveEffect[];
  /** Curves that no BD-rate can be taken of, because a greater rate has a lower quality, as `arm s1`. They do not count. */
  readonly falling: readonly string[];
}

type Curve = ReadonlyMap<number, CodedRun>;

/** The plans that have curves: of all lambdas that any curve of the plan has. A curve that lacks one is left out until it is there. */
export function curveGroups(results: readonly SweepResult[], coded: readonly CodedRun[]): readonly CurveGroup[] {
  const byId = new Map(coded.map((run) => [run.id, run]));
  return results.flatMap(({ meta: { plan }, runs }) => {
    const curves = new Map<string, Map<number, Map<number, CodedRun>>>();
    const lambdas = new Set<number>();
    for (const { stage, values, seed, result } of runs) {
      const files = byId.get(result.id);
      if (files === undefined || values.arm === undefined || !STAGES.includes(stage)) continue;
      const seeds = curves.get(values.arm) ?? new Map<number, Map<number, CodedRun>>();
      curves.set(values.arm, seeds.set(seed, (seeds.get(seed) ?? new Map()).set(files.lambda, files)));
      lambdas.add(files.lambda);
    }
    if (lambdas.size < LEAST_LAMBDAS) return [];
    const falling = [...curves].flatMap(([arm, seeds]) =>
      [...seeds].flatMap(([seed, points]) => (isRising(points) ? [] : [`${arm} s${seed}`])),
    );
    const whole = (arm: string): ReadonlyMap<number, Curve> =>
      new Map([...(curves.get(arm) ?? [])].filter(([, points]) => points.size === lambdas.size && isRising(points)));
    const arms = [...curves.keys()].filter((arm) => whole(arm).size > 0);
    const effects = arms.map((arm): CurveEffect => {
      const change = (measure: Measure) =>
        Object.fromEntries(REFERENCES.map((reference) => [reference, changeOf(whole(arm), whole(reference), measure)]));
      const changes = { PSNR: change("PSNR"), "MS-SSIM": change("MS-SSIM") } as CurveEffect["change"];
      return { arm, seeds: whole(arm).size, change: changes };
    });
    const place = ({ change }: CurveEffect): number => change.PSNR.mixed?.value ?? Infinity;
    const sorted = effects.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
    return sorted.length === 0 ? [] : [{ plan, lambdas: [...lambdas].sort((a, b) => a - b), arms: sorted, falling }];
  });
}

/** Whether all measures grow with the rate. */
function isRising(points: Curve): boolean {
  const sorted = [...points.values()].sort((a, b) => a.bitsPerPixel - b.bitsPerPixel);
  return Object.values(MEASURES).every((measure) =>
    sorted.every((run, i) => i === 0 || measure(run) > measure(sorted[i - 1]!)),
  );
}

/** Mean over the seeds that both have. */
function changeOf(
  own: ReadonlyMap<number, Curve>,
  theirs: ReadonlyMap<number, Curve>,
  measure: Measure,
): OpenEstimate | null {
  const points = (curve: Curve): readonly RatePoint[] =>
    [...curve.values()].map((run) => ({ bitsPerPixel: run.bitsPerPixel, quality: MEASURES[measure](run) }));
  const changes = [...own].flatMap(([seed, curve]) => {
    const other = theirs.get(seed);
    return other === undefined ? [] : [bdRate(points(curve), points(other)).percent];
  });
  return changes.length === 0 ? null : byFewSamples(changes);
}
