/**
 * Additive uniform noise: y + u. The gradient is unbiased for the loss with noise; the value differs from the rounded one that
 * the codec will use.
 */
import { add, stopGradient } from "../engine/index.ts";
import type { Surrogate } from "./surrogate.ts";

/**
 * Forward y + u; derivative 1. Expected gradient of a point-wise f: f(y + 1/2) - f(y - 1/2), which has the same mean and less
 * variance.
 */
export const additiveUniformNoise: Surrogate = {
  id: "aun",
  form: null,
  title: "additive uniform noise",
  formula: "y + u",
  slope: "1; expected: f(y + 1/2) - f(y - 1/2)",
  source: "Ballé, Laparra, Simoncelli, ICLR 2017",
  isReconstruction: false,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: null,
  gradients: ["pathwise", "expected"],
  forward: (latent, context) => add(latent, context.noise(latent.shape)),
  expectedSlope: (latent) => {
    const fixed = stopGradient(latent);
    return { weight: 1, lower: add(fixed, -0.5), upper: add(fixed, 0.5) };
  },
};
