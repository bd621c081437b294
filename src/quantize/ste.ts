/**
 * The straight-through estimator for rounding (Theis, Shi, Cunningham, Huszár, "Lossy Image Compression with Compressive
 * Autoencoders", ICLR 2017): the value is the real one, the derivative is taken to be 1.
 */
import { withGradient } from "../engine/ops/gradient-control.ts";
import { roundHard } from "./hard.ts";
import type { Surrogate } from "./surrogate.ts";

/** Forward round(y); derivative 1. */
export const straightThrough: Surrogate = {
  id: "ste",
  needsNoise: false,
  quantize: (latent) => withGradient(roundHard(latent), [latent], (gradient) => [gradient]),
};
