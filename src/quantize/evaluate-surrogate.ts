/**
 * A surrogate as numbers: values and slopes for given latents and noise, in float64, without a network or a session. It runs the surrogate's own graph
 * through the reference evaluator, so each surrogate has only one implementation. It is made for studies and tests, not for speed.
 */
import { evaluate, gradients, graphInput, reduceSum, type Tensor } from "../engine/index.ts";
import { applySurrogate } from "./quantizer.ts";
import type { GradientMode, Surrogate } from "./surrogate.ts";

/** Options of {@link evaluateSurrogate}. */
export interface EvaluateSurrogateOptions {
  /** Noise in (-1/2, 1/2), one number for each latent. Not needed for surrogates without noise. */
  readonly noise?: ArrayLike<number>;
  /** The same again, for surrogates that take two numbers for each latent. */
  readonly secondNoise?: ArrayLike<number>;
  /** The temperature. Not needed for surrogates without one. */
  readonly temperature?: number;
  /** The concentration, for surrogates that have one. Default: what follows from the temperature. */
  readonly concentration?: number;
  /** Default: the surrogate's. */
  readonly gradient?: GradientMode;
}

/** What {@link evaluateSurrogate} returns; arrays have one element for each latent. */
export interface SurrogateValues {
  /** y~. */
  readonly values: Float64Array;
  /** J = dy~/dy as training sees it; null in mode `expected`, because J is then not a property of the surrogate alone. */
  readonly slopes: Float64Array | null;
  /** d/dy E f(y~) = weight (f(upper) - f(lower)) in mode `expected`, else null. */
  readonly expected: {
    readonly weight: Float64Array;
    readonly lower: Float64Array;
    readonly upper: Float64Array;
  } | null;
}

/**
 * Computes values and slopes of a surrogate.
 *
 * @throws {RangeError} if noise or temperature is missing or of another length, or the mode is not one of the surrogate's.
 */
export function evaluateSurrogate(
  surrogate: Surrogate,
  latents: ArrayLike<number>,
  options: EvaluateSurrogateOptions = {},
): SurrogateValues {
  const mode = options.gradient ?? surrogate.gradients[0];
  if (!surrogate.gradients.includes(mode)) {
    throw new RangeError(
      `evaluateSurrogate: got the mode "${mode}" for ${surrogate.id}, expected one of ${surrogate.gradients.join(", ")}`,
    );
  }
  const shape = [latents.length];
  const latent = graphInput("latent", shape);
  const noise = graphInput("noise", shape);
  const secondNoise = graphInput("second-noise", shape);
  const context = {
    noise: () => noise,
    secondNoise: () => secondNoise,
    temperature: graphInput("temperature", []),
    concentration: options.concentration ?? null,
  };
  const feeds: Record<string, ArrayLike<number>> = { latent: latents };
  if (options.noise !== undefined) feeds.noise = options.noise;
  if (options.secondNoise !== undefined) feeds["second-noise"] = options.secondNoise;
  if (options.temperature !== undefined) feeds.temperature = [options.temperature];
  const value = applySurrogate(surrogate, mode, latent, context);
  if (mode !== "expected") {
    const [slope] = gradients(reduceSum(value), [latent]) as [Tensor];
    const result = evaluate({ value, slope }, feeds);
    return { values: result.value.data, slopes: result.slope.data, expected: null };
  }
  const expected = surrogate.expectedSlope?.(latent, context);
  if (expected === undefined) throw new Error(`internal: ${surrogate.id} lists the mode "expected" without its slope`);
  const { weight, lower, upper } = expected;
  const result = evaluate({ value, lower, upper }, feeds);
  return {
    values: result.value.data,
    slopes: null,
    expected: {
      weight:
        typeof weight === "number"
          ? new Float64Array(latents.length).fill(weight)
          : evaluate({ weight }, feeds).weight.data,
      lower: result.lower.data,
      upper: result.upper.data,
    },
  };
}
