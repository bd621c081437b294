/** The hard quantizer: what an encoder does. It has no gradient and is no surrogate. */
import { round, type Tensor } from "../engine/index.ts";

/** The nearest integer, halves to even, as every runtime of ONNX rounds. No gradient flows. */
export function roundHard(latent: Tensor): Tensor {
  return round(latent);
}
