/** What an effort is: how many iterations it makes, when it is judged, and how latents are moved (docs/decisions/0025-effort.md). */
import type { DescentSettings } from "./descent.ts";

/** Iterations that each effort adds to those below it; then it is judged. Together 15, 27, 48, 86, 155, 280, 500, 900 and 1600: equal ratios. */
const STAGES: readonly number[] = [15, 12, 21, 38, 69, 125, 220, 400, 700];

/** Iterations of an effort to each judgement. @param effort 0..9 */
export function stagesOf(effort: number): readonly number[] {
  return STAGES.slice(0, effort);
}

/**
 * The lambda of a search, as a multiple of the one that a model was trained for. From one quality to the next, files of a model trade bits for error at
 * some 1.2 of its lambda. A search at lambda itself would give up error too cheaply, and make files that are smaller but worse for their size.
 */
export const LAMBDA_FACTOR = 1.4;

/** How latents are moved where nobody chooses otherwise. */
export const DESCENT: DescentSettings = {
  surrogates: { rate: "soft-round", distortion: "soft-round", calmScale: 0.3 },
  temperature: { from: 0.5, to: 0.05 },
  rate: 0.04,
  halfLife: 18,
  epsilon: 1e-8,
};
