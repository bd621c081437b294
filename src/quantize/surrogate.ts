/**
 * Surrogates of rounding: what training puts where a codec rounds, because rounding has no useful derivative.
 *
 * One record per surrogate, one file per record, all listed in `surrogates.ts`. A surrogate is chosen twice, once for the
 * rate path (what the entropy model sees) and once for the distortion path (what the synthesis and the hyper-synthesis see).
 */
import type { Shape } from "../engine/graph/shape.ts";
import type { Tensor } from "../engine/graph/tensor.ts";

/** Names of the surrogates: additive uniform noise, straight-through rounding. A new name needs a record in the table. */
export type SurrogateId = "aun" | "ste";

/** What a surrogate may ask for while it quantizes one latent. */
export interface SurrogateContext {
  /**
   * A tensor of `shape`, uniform in [-1/2, 1/2) and independent from element to element. Equal calls within one latent
   * give the same tensor, so that the rate path and the distortion path of that latent share their noise.
   */
  noise(shape: Shape): Tensor;
}

/** One surrogate of rounding to integers. */
export interface Surrogate {
  readonly id: SurrogateId;
  /** Whether {@link quantize} asks the context for noise. */
  readonly needsNoise: boolean;
  /** The surrogate of round(latent), of the latent's shape, with the gradient that the surrogate stands for. */
  quantize(latent: Tensor, context: SurrogateContext): Tensor;
}
