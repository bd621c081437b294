/** The noise of one latent, made once however many surrogates ask for it. */
import { formatShape, sameShape } from "../engine/graph/shape.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { SurrogateContext } from "../quantize/surrogate.ts";
import type { TrainOptions } from "./network.ts";

/** The surrogate context of the latent `name`: the rate path and the distortion path share its noise. */
export function latentContext(name: string, options: Pick<TrainOptions, "noise">): SurrogateContext {
  let made: Tensor | undefined;
  return {
    noise(shape) {
      made ??= options.noise(name, shape);
      if (!sameShape(made.shape, shape)) {
        throw new Error(
          `internal: the noise of "${name}" is ${formatShape(made.shape)}, asked for as ${formatShape(shape)}`,
        );
      }
      return made;
    },
  };
}
