/**
 * Quantization around a predicted mean, for training and, with straight-through rounding, for evaluation.
 *
 * Zero-center quantization codes round(y - mu) and reconstructs it plus mu, so that the most likely symbol is 0 and the
 * reconstruction of a certain element is its mean (Minnen & Singh, "Channel-wise Autoregressive Entropy Models for Learned
 * Image Compression", ICIP 2020). Without it the integers round(y) are coded, and mu only moves their density.
 */
import type { Tensor } from "../engine/graph/tensor.ts";
import { add, subtract } from "../engine/ops/arithmetic.ts";
import type { Surrogate, SurrogateContext } from "./surrogate.ts";

/** Options of {@link quantizeAround}. */
export interface QuantizeOptions {
  /** Quantize y - mu instead of y. Without a mean it changes nothing. */
  readonly zeroCenter: boolean;
}

/** One quantized latent in the two forms that a network needs; both have the latent's shape. */
export interface Quantized {
  /** The value minus the mean: what a density centred at 0 takes. Q(y - mu), or Q(y) - mu without zero-centering. */
  readonly centred: Tensor;
  /** What the synthesis takes. Q(y - mu) + mu, or Q(y) without zero-centering. */
  readonly reconstruction: Tensor;
}

/**
 * Quantizes a latent with a surrogate Q.
 *
 * @param mean of the latent's shape, or null for 0.
 * @throws {RangeError} if the shapes do not broadcast.
 */
export function quantizeAround(
  latent: Tensor,
  mean: Tensor | null,
  surrogate: Surrogate,
  context: SurrogateContext,
  options: QuantizeOptions,
): Quantized {
  if (mean === null) {
    const value = surrogate.quantize(latent, context);
    return { centred: value, reconstruction: value };
  }
  if (options.zeroCenter) {
    const centred = surrogate.quantize(subtract(latent, mean), context);
    return { centred, reconstruction: add(centred, mean) };
  }
  const reconstruction = surrogate.quantize(latent, context);
  return { centred: subtract(reconstruction, mean), reconstruction };
}
