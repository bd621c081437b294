/**
 * Additive uniform noise (Ballé, Laparra, Simoncelli, "End-to-end Optimized Image Compression", ICLR 2017): y + u. The
 * gradient is unbiased for the loss with noise; the value differs from the rounded one that the codec will use.
 */
import { add } from "../engine/ops/arithmetic.ts";
import type { Surrogate } from "./surrogate.ts";

/** Forward y + u with u uniform in [-1/2, 1/2); derivative 1. */
export const additiveUniformNoise: Surrogate = {
  id: "aun",
  needsNoise: true,
  quantize: (latent, context) => add(latent, context.noise(latent.shape)),
};
