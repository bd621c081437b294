/**
 * The figures of `statistics.ts` in closed form, for the surrogates where we derived one (docs/theory.md). r is uniform in the
 * cell, x = r - 1/2, the loss (v - t)^2 has its target at t = y - d, T is the temperature.
 *
 * Rounding at random with P(up) = p(r) and J = 1 has E_u g = 2 (p - r + d), so bias^2 against noise is 4 E (p - r)^2, bias^2
 * against the hard slope 1 - 2 r + 2 d is 4 E (p - 1/2)^2, and the variance is 4 E p (1 - p). For the two dithered forms p rises
 * linearly from 0 to 1 over |x| < T / 2.
 */
import type { Surrogate } from "../../quantize/index.ts";
import type { StatisticName } from "./statistic-names.ts";
import type { StudiedSurrogate } from "./studied-surrogate.ts";

type ClosedForms = Partial<Record<StatisticName, number>>;

/** E_r (l(y + 1/2) - l(y - 1/2) - (l(1) - l(0)))^2 = E (1 - 2 r)^2: how far the two references are from each other. */
const BETWEEN_REFERENCES = 1 / 3;

/** Below, the slopes of soft rounding are bounded in the implementation, and the formulas no longer describe it. */
export const LOWEST_SOFT_TEMPERATURE: number = 1 / 27;
/** Above, soft rounding is the identity up to rounding errors, which these formulas would amplify. */
const HIGHEST_SOFT_TEMPERATURE = 100;

const ADDITIVE_NOISE: ClosedForms = {
  mismatch: 1 / 6,
  noisePower: 1 / 12,
  jacobianVariance: 0,
  biasSquaredVsNoise: 0,
  biasSquaredVsHard: BETWEEN_REFERENCES,
  variance: 1 / 3,
};

/** What both dithered forms share: E (p - r)^2 = (1 - T)^2 / 12 and E (p - 1/2)^2 = (1 - 2 T / 3) / 4. */
function dithered(temperature: number): ClosedForms {
  return {
    jacobianVariance: 0,
    biasSquaredVsNoise: (1 - temperature) ** 2 / 3,
    biasSquaredVsHard: 1 - (2 * temperature) / 3,
  };
}

function annealedStochastic(temperature: number): ClosedForms {
  return {
    ...dithered(temperature),
    mismatch: temperature / 4,
    noisePower: temperature / 6 + (1 - temperature) ** 2 / 12,
    variance: (2 * temperature) / 3,
  };
}

function annealedDither(temperature: number): ClosedForms {
  return {
    ...dithered(temperature),
    mismatch: temperature / 4 - temperature ** 2 / 12,
    noisePower: 1 / 12,
    variance: (temperature * (2 - temperature)) / 3,
  };
}

/**
 * Soft rounding with its pathwise gradient. E_u g = s_a'(r) 2 d, and with t = tanh(a / 2)
 * E s_a'^2 = a (1 / t - t / 3) / 2, E J^2 = (1 - t^2 / 3) (1/2 + sinh(a) / (2 a)); E_u J = s_a'(r) as well.
 */
function softRounding(temperature: number, offset: number): ClosedForms {
  const a = 1 / temperature;
  const t = Math.tanh(a / 2);
  const squaredMeanSlope = (a * (1 / t - t / 3)) / 2;
  const excess = 4 * offset ** 2 * (squaredMeanSlope - 1);
  return {
    noisePower: 1 / 12,
    jacobianVariance: (1 - (t * t) / 3) * (0.5 + Math.sinh(a) / (2 * a)) - squaredMeanSlope,
    biasSquaredVsNoise: excess,
    biasSquaredVsHard: excess + BETWEEN_REFERENCES,
  };
}

/** Whether a surrogate is soft rounding with noise, whose pathwise slopes no quadrature resolves at low temperatures. */
export function isSoftRounding({ id, form }: Surrogate): boolean {
  switch (id) {
    case "soft-round":
    case "kumaraswamy":
      return true;
    case "sua":
      return form === "soft";
    case "aun":
    case "ste":
    case "stochastic":
    case "uq":
    case "sga":
    case "sga-plus":
    case "danneal":
    case "sra":
    case "soft-to-hard":
    case "dsq":
      return false;
  }
}

/** The figures that have a closed form, for the surrogate's default gradient mode. */
export function closedForms(
  { surrogate, gradient, temperature, concentration }: StudiedSurrogate,
  offset: number,
): ClosedForms {
  if (gradient !== surrogate.gradients[0]) return {};
  switch (surrogate.id) {
    case "aun":
    case "uq":
      return ADDITIVE_NOISE;
    case "stochastic":
      return annealedStochastic(1);
    case "ste":
      return { ...annealedStochastic(0) };
    case "dsq":
    case "soft-to-hard":
      return { mismatch: 0, noisePower: 1 / 12, jacobianVariance: 0, variance: 0 };
    case "danneal":
      return { jacobianVariance: 0, variance: 0 };
    case "sga":
    case "sra":
    case "sga-plus":
      return {};
    case "soft-round":
    case "kumaraswamy":
    case "sua": {
      if (temperature === null) throw new Error("internal: no temperature");
      if (surrogate.form === "dither") return annealedDither(temperature);
      if (surrogate.form === "stochastic") return annealedStochastic(temperature);
      // Only at the concentration 1 is Kumaraswamy noise uniform.
      if (surrogate.id === "kumaraswamy" && concentration !== 1) return {};
      const isWithin = temperature > LOWEST_SOFT_TEMPERATURE && temperature < HIGHEST_SOFT_TEMPERATURE;
      return isWithin ? softRounding(temperature, offset) : {};
    }
  }
}
