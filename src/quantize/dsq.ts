/**
 * Differentiable soft quantization: the value is rounded, the gradient is that of a tanh across the cell, with k = 1 / T:
 * k sech^2(k (r - 1/2)) / (2 tanh(k / 2)). It is the derivative of soft rounding (`soft-round.ts`), without noise.
 */
import { multiply, withGradient } from "../engine/index.ts";
import { roundHard } from "./hard.ts";
import { softRoundSlope } from "./soft-round.ts";
import type { Surrogate } from "./surrogate.ts";

/** Forward [y]; derivative as above: its mean over a cell is 1. */
export const differentiableSoftQuantization: Surrogate = {
  id: "dsq",
  form: null,
  title: "differentiable soft quantization",
  formula: "[y]",
  slope: "k sech²(k (r - 1/2)) / (2 tanh(k / 2)), k = 1 / T",
  source: "Gong et al., ICCV 2019",
  isReconstruction: false,
  noise: null,
  temperature: {
    lowest: 0,
    highest: 1e4,
    atLowest: "rounding, J = 0",
    atHighest: "`ste`",
    anneal: { from: 1, to: 0.2 },
  },
  gradients: ["soft"],
  forward: (latent, context) =>
    withGradient(roundHard(latent), [latent], (gradient) => [
      multiply(gradient, softRoundSlope(latent, context.temperature)),
    ]),
};
