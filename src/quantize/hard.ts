/** The hard quantizer, as an encoder applies it. It has no gradient, and it is not a surrogate. */
import { round, type Tensor } from "../engine/index.ts";

/** Rounds to the nearest integer, halves to the even one, as every runtime of ONNX does. No gradient flows. */
export function roundHard(latent: Tensor): Tensor {
  return round(latent);
}
