/** Made-up figures of a pair of surrogates, for tests of what is made of a study. */
import type { PairFigures } from "../../src/lab/trained/study-network.ts";

/** A study's row whose gradients are as given, beside losses and mismatches of no meaning. */
export function pairFigures(
  gradients: Pick<PairFigures, "encoderGradientVariance" | "encoderGradientSquared">,
): PairFigures {
  const mismatch = { value: 0.5, low: 0.1, high: 1.6, method: "monte carlo" } as const;
  return {
    pair: "aun",
    soft: { loss: 2, bitsPerPixel: 1, meanSquaredError: 0.1 },
    lossMismatch: mismatch,
    rateMismatch: mismatch,
    distortionMismatch: mismatch,
    gradientVariance: 0,
    gradientSquared: 0,
    ...gradients,
  };
}
