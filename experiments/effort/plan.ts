/** What the experiment on effort measures, and its results as they are stored. */
import type { SurrogateChoice } from "../../src/quantize/index.ts";

/** A way to refine latents. */
export interface Arm {
  readonly rate: SurrogateChoice;
  readonly distortion: SurrogateChoice;
  /** Temperatures of the first iteration and after very many, see `DescentSettings`. */
  readonly from: number;
  readonly to: number;
  /** Adam's rate at first, in quantization steps. */
  readonly step: number;
  /** See `LatentSurrogates`; one temperature for all elements by default. */
  readonly calmScale?: number;
  /** Whether it is measured at {@link Plan.longIterations} too. */
  readonly long?: boolean;
}

/** plan.json. */
export interface Plan {
  readonly question: string;
  /** Name of a shipped model. */
  readonly model: string;
  /** How many photographs are used, and the side of the crop of each, in pixels. */
  readonly crops: number;
  readonly side: number;
  readonly qualities: readonly number[];
  readonly iterations: readonly number[];
  readonly longIterations: readonly number[];
  readonly arms: Readonly<Record<string, Arm>>;
}

/** One refinement. */
export interface EffortRow {
  readonly arm: string;
  readonly iterations: number;
  readonly quality: number;
  /** Which crop of the validation part, counted from 0. */
  readonly crop: number;
  /** Bits per pixel + lambda * mean squared error of levels 0..255, really coded and decoded, with economical rounding. */
  readonly before: number;
  readonly after: number;
}

/** Everything that must be measured, crop by crop. So a run that is cut short has whole crops. */
export function* tasksOf(plan: Plan): Generator<Omit<EffortRow, "before" | "after">> {
  for (let crop = 0; crop < plan.crops; crop++) {
    for (const [arm, { long = false }] of Object.entries(plan.arms)) {
      for (const iterations of [...plan.iterations, ...(long ? plan.longIterations : [])]) {
        for (const quality of plan.qualities) yield { arm, iterations, quality, crop };
      }
    }
  }
}
