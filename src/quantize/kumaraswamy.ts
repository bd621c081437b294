/**
 * Soft rounding with the noise that C3 draws (Kim, Bauer, Theis, Schwarz, Dupont, CVPR 2024, arXiv 2312.02753) and Cool-chic after
 * it: y~ = r_a(s_a(y) + k - 1/2), k of the Kumaraswamy distribution on (0, 1), whose distribution function is 1 - (1 - k^c)^b. With
 * b = (2^c (c - 1) + 1) / c its mode is 1/2 for every concentration c > 1, and c = 1 is the uniform distribution. (The papers' letter
 * for c is a, which is 1 / T here.)
 *
 * Published: the formulas above, and in C3's public code T falling from 0.3 to 0.1 and c from 2 to 1, both linearly over the same
 * steps. So c = 1/2 + 5 T on the way; that is the concentration here where none is given, held within 1 and 2 (our tying of the two).
 *
 * Some things that hold for uniform noise are lost. The mean of k - 1/2 is not 0 (at c = 2 it is -0.009). y~ is not the conditional
 * mean of the latent, and its density is not that of the unit interval. The expected gradient has no closed form. The rate is that of
 * the unit interval around y~ all the same, as in C3's code.
 */
import {
  add,
  divide,
  exp,
  log,
  maximum,
  minimum,
  multiply,
  type Operand,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import { NOISE_MARGIN } from "./cells.ts";
import { noisySoftRound, SOFT_ROUND_TEMPERATURE } from "./soft-round.ts";
import type { Surrogate, SurrogateContext } from "./surrogate.ts";

/** From uniform noise to noise of three times its density in the middle. */
const [LOWEST, HIGHEST] = [1, 4];

/** C3's schedules as one line: c = 1/2 + 5 T, from 2 at T = 0.3 to 1 at T = 0.1. */
const TIED_CONCENTRATION = { atZero: 0.5, perTemperature: 5, lowest: 1, highest: 2 } as const;

function concentrationOf({ concentration, temperature }: SurrogateContext): Operand {
  if (concentration !== null) return concentration;
  const { atZero, perTemperature, lowest, highest } = TIED_CONCENTRATION;
  return minimum(maximum(add(multiply(temperature, perTemperature), atZero), lowest), highest);
}

/**
 * From uniform noise in (-1/2, 1/2) to k - 1/2, by the inverse of the distribution function: k = (1 - (1 - U)^(1/b))^(1/c) for
 * U = u + 1/2. In float32 k stays 2^(-25/c) away from 0, where 1 - (1 - U)^(1/b) has lost its digits.
 */
function kumaraswamyNoise(noise: Tensor, concentration: Operand): Tensor {
  const power = exp(multiply(concentration, Math.LN2));
  const b = divide(add(multiply(power, subtract(concentration, 1)), 1), concentration);
  const above = maximum(subtract(0.5, noise), NOISE_MARGIN); // 1 - U
  const within = maximum(subtract(1, exp(divide(log(above), b))), NOISE_MARGIN);
  return subtract(exp(divide(log(within), concentration)), 0.5);
}

/** Forward r_a(s_a(y) + k - 1/2); pathwise derivative, which is that of soft rounding at the noise that was drawn. */
export const kumaraswamySoftRounding: Surrogate = {
  id: "kumaraswamy",
  form: null,
  title: "soft rounding with Kumaraswamy noise",
  formula: "r_a(s_a(y) + k - 1/2), a = 1 / T, k = (1 - (1/2 - u)^(1/b))^(1/c), b = (2^c (c - 1) + 1) / c",
  slope: "pathwise",
  source: "Kim et al. (C3), CVPR 2024 (arXiv 2312.02753)",
  isReconstruction: false,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: { ...SOFT_ROUND_TEMPERATURE, atHighest: "y + k - 1/2" },
  concentration: { lowest: LOWEST, highest: HIGHEST, byDefault: "1/2 + 5 T, within 1 and 2" },
  gradients: ["pathwise", "straight-through"],
  forward: (latent, context) => {
    const noise = kumaraswamyNoise(context.noise(latent.shape), concentrationOf(context));
    return noisySoftRound(latent, { ...context, noise: () => noise });
  },
};
