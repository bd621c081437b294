/** The training graph of a network. A codec never asks for it, so the networks themselves do not have it: a page would load it. */
import type { Tensor } from "../engine/index.ts";
import { factorizedDensity } from "./densities/deep-factorized.ts";
import { trainHyperprior } from "./entropy/train-hyperprior.ts";
import type { FactorizedNetwork, Network, TrainOptions, TrainOutputs } from "./network.ts";
import type { ParameterScope } from "./parameters.ts";
import { quantizeLatent } from "./quantize-latent.ts";

/**
 * The whole network: from an image to its reconstruction and the bits of its latents.
 *
 * @param image `[n, 3, h, w]` in 0..1, sizes multiples of `network.downscale`
 * @throws {RangeError} for a choice of surrogates that makes no sense, or a surrogate without its temperature
 */
export function trainNetwork(
  network: Network,
  scope: ParameterScope,
  image: Tensor,
  options: TrainOptions,
): TrainOutputs {
  if (network.coding === "factorized") return trainFactorized(network, scope, image, options);
  const { reconstruction, bits, parts } = trainHyperprior(network, scope, image, options);
  return { reconstruction, bits, parts };
}

function trainFactorized(
  network: FactorizedNetwork,
  scope: ParameterScope,
  image: Tensor,
  options: TrainOptions,
): TrainOutputs {
  const y = network.analysis(scope, image);
  const { bits, quantized } = quantizeLatent("y", y, {
    options,
    mean: null,
    density: () => factorizedDensity(scope.scope(network.yDensity), y.shape),
  });
  return { reconstruction: network.synthesis(scope, quantized), bits, parts: { y: bits, z: null } };
}
