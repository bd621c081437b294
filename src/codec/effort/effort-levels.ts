/** What an effort is: the stages that it takes and how latents are moved in them (docs/decisions/0025-effort.md). */
import type { DescentSettings } from "./descent.ts";

/** Iterations of the stage that each effort adds to those below it. Together 10, 18, 32, 56, 100, 180, 320, 560 and 1000: equal ratios. */
const STAGES: readonly number[] = [10, 8, 14, 24, 44, 80, 140, 240, 440];

/** Iterations of the stages of an effort. @param effort 0..9 */
export function stagesOf(effort: number): readonly number[] {
  return STAGES.slice(0, effort);
}

/** How latents are moved where nobody chooses otherwise. */
export const DESCENT: DescentSettings = {
  surrogates: { rate: "soft-round", distortion: "soft-round" },
  temperature: { from: 0.25, to: 0.08 },
  rate: 0.01,
  epsilon: 1e-8,
};
