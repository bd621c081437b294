/**
 * Applies a surrogate: in one gradient mode and around a predicted mean. In two-stage training, a switch replaces it by real rounding.
 *
 * Zero-center quantization codes round(y - mu) and reconstructs it plus mu, so that the most likely symbol is 0 and the
 * reconstruction of a certain element is its mean (Minnen & Singh, "Channel-wise Autoregressive Entropy Models for Learned
 * Image Compression", ICIP 2020). Without it the integers round(y) are coded, and mu only moves their density.
 *
 * With zero-centering and J = dy~/dy, the mean receives 1 - J of the distortion's gradient: nothing under J = 1, pure noise
 * under a random J. The partial stop-gradient (named by Zhang, Li, Liu, arXiv 2309.17051; both forms are our reconstruction)
 * cuts that path: P1 gives the mean no gradient of the distortion, P2 the whole of what reaches the reconstruction.
 *
 * Soft-then-hard training (Guo, Zhang, Feng, Chen, ICML 2021): the switch `hard`, a scalar 0 or 1, replaces the surrogate by
 * straight-through rounding, and {@link gateEncoder} keeps every gradient from the encoder. So the decoder and the entropy model
 * learn from rounded latents of a fixed encoder.
 */
import {
  add,
  multiply,
  type Operand,
  select,
  stopGradient,
  subtract,
  type Tensor,
  withGradient,
} from "../engine/index.ts";
import { roundHard } from "./hard.ts";
import type { GradientMode, Surrogate, SurrogateContext } from "./surrogate.ts";

/** How much of the distortion's gradient reaches the mean past a zero-centered surrogate. */
export type PartialStopGradient = "off" | "P1" | "P2";

/** A surrogate ready for one latent. */
export interface Quantizer {
  readonly surrogate: Surrogate;
  readonly gradient: GradientMode;
  readonly context: SurrogateContext;
  /** Where it is 1, straight-through rounding replaces the surrogate; null if that never happens. Default null. */
  readonly hard?: Tensor | null;
}

/** Options of {@link quantizeForSynthesis}. */
export interface QuantizeOptions {
  /** Quantize y - mu instead of y. Without a mean it changes nothing. */
  readonly zeroCenter: boolean;
  /** Default "off". Without zero-centering or mean it changes nothing. */
  readonly partialStopGradient?: PartialStopGradient | undefined;
}

function roundStraightThrough(latent: Tensor): Tensor {
  return withGradient(roundHard(latent), [latent], (gradient) => [gradient]);
}

/**
 * The surrogate of round(latent) in a gradient mode. Mode `expected` gives the sample without gradient, because its gradient belongs to the function
 * that follows; see {@link withExpectedGradient}.
 */
export function applySurrogate(
  surrogate: Surrogate,
  gradient: GradientMode,
  latent: Tensor,
  context: SurrogateContext,
): Tensor {
  const value = surrogate.forward(latent, context);
  switch (gradient) {
    case "pathwise":
    case "soft":
      return value;
    case "straight-through":
      return withGradient(value, [latent], (toValue) => [toValue]);
    case "expected":
      return stopGradient(value);
  }
}

/** The quantizer's stand-in for round(latent), of the latent's shape. */
export function quantize(latent: Tensor, { surrogate, gradient, context, hard = null }: Quantizer): Tensor {
  const soft = applySurrogate(surrogate, gradient, latent, context);
  return hard === null ? soft : select(hard, roundStraightThrough(latent), soft);
}

/** What a density centred at 0 takes: Q(y - mu), or Q(y) - mu without zero-centering. @param mean null for 0. */
export function quantizeForDensity(
  latent: Tensor,
  mean: Tensor | null,
  quantizer: Quantizer,
  { zeroCenter }: Pick<QuantizeOptions, "zeroCenter">,
): Tensor {
  if (mean === null) return quantize(latent, quantizer);
  if (zeroCenter) return quantize(subtract(latent, mean), quantizer);
  return subtract(quantize(latent, quantizer), mean);
}

/** What the synthesis takes: Q(y - mu) + mu, or Q(y) without zero-centering. @param mean of the latent's shape, or null for 0. */
export function quantizeForSynthesis(
  latent: Tensor,
  mean: Tensor | null,
  quantizer: Quantizer,
  { zeroCenter, partialStopGradient = "off" }: QuantizeOptions,
): Tensor {
  if (mean === null || !zeroCenter) return quantize(latent, quantizer);
  const taken = partialStopGradient === "off" ? mean : stopGradient(mean);
  const added = partialStopGradient === "P1" ? taken : mean;
  return add(quantize(subtract(latent, taken), quantizer), added);
}

/**
 * A point-wise function of a quantized latent, with the expected gradient for the latent.
 *
 * @param latent the latent before it was quantized.
 * @param value `quantize(latent, quantizer)`, the quantizer being in mode `expected`.
 * @param f acts on each element by itself and keeps the shape. Other tensors that it depends on get the gradient of the sample.
 * @throws {RangeError} if the surrogate has no such mode.
 */
export function withExpectedGradient(
  latent: Tensor,
  value: Tensor,
  { surrogate, context, hard = null }: Quantizer,
  f: (value: Tensor) => Tensor,
): Tensor {
  const { expectedSlope, id } = surrogate;
  if (expectedSlope === undefined) {
    throw new RangeError(`withExpectedGradient: got the surrogate ${id}, expected one with the mode "expected"`);
  }
  const sample = f(value);
  return withGradient(sample, [sample, latent], (gradient) => {
    const { weight, lower, upper } = expectedSlope(latent, context);
    const slope = multiply(weight, subtract(f(upper), f(lower)));
    return [gradient, multiply(gradient, hard === null ? slope : multiply(slope, openness(hard)))];
  });
}

/** Passes the latent on. Where `hard` is 1, no gradient passes back. */
export function gateEncoder(latent: Tensor, hard: Tensor | null): Tensor {
  if (hard === null) return latent;
  return withGradient(latent, [latent], (gradient) => [multiply(gradient, openness(hard))]);
}

/** 1 - hard. */
function openness(hard: Operand): Tensor {
  return subtract(1, hard);
}
