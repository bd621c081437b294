/**
 * Universal quantization: dithered rounding with the dither taken away again. Given y it is y plus uniform noise in law, but the
 * noise of all elements of an image is one number, so that a codec could send it.
 */
import { add, round, stopGradient, subtract } from "../engine/index.ts";
import type { Surrogate } from "./surrogate.ts";

/** Forward [y + u] - u with one u for each image; derivative 1. */
export const universalQuantization: Surrogate = {
  id: "uq",
  form: null,
  title: "universal quantization",
  formula: "[y + u] - u",
  slope: "1; expected: f(y + 1/2) - f(y - 1/2)",
  source: "Choi, El-Khamy, Lee, ICCV 2019",
  isReconstruction: false,
  noise: { defaultDither: "shared", numbers: 1 },
  temperature: null,
  gradients: ["straight-through", "expected"],
  forward: (latent, context) => {
    const noise = context.noise(latent.shape);
    return subtract(round(add(latent, noise)), noise);
  },
  expectedSlope: (latent) => {
    const fixed = stopGradient(latent);
    return { weight: 1, lower: add(fixed, -0.5), upper: add(fixed, 0.5) };
  },
};
