/** Networks with drawn weights for the tests of this folder. */
import type { CalibratedLimits } from "../../src/codec/exact/quantize-layers.ts";
import { CounterRandom, type FloatArray } from "../../src/engine/index.ts";
import type { NetworkConfig } from "../../src/networks/architecture-table.ts";
import { createNetwork } from "../../src/networks/create-network.ts";
import { entropyLayers } from "../../src/networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../../src/networks/network.ts";

/** A network with a hyper-latent and weights drawn for its entropy networks. */
export function drawnNetwork(config: NetworkConfig): {
  readonly network: HyperpriorNetwork;
  readonly weights: Map<string, FloatArray>;
} {
  const network = createNetwork(config);
  if (network.coding !== "hyperprior") throw new Error("a network without hyper-latent");
  const weights = new Map<string, FloatArray>();
  for (const [i, [name, { layer, inputChannels }]] of [...entropyLayers(network)].entries()) {
    const { kind, kernel, stride = 1 } = layer;
    const channels = layer.channels * (kind === "sub-pixel" ? stride ** 2 : 1);
    const outer = kind === "deconv" ? [inputChannels, channels] : [channels, inputChannels];
    for (const [part, shape] of [["weight", [...outer, kernel, kernel]] as const, ["bias", [channels]] as const]) {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      new CounterRandom(11).fillUniform(data, 0, 2 * i + Number(part === "bias"), -0.3, 0.3);
      weights.set(`${name}.${part}`, { shape, data });
    }
  }
  return { network, weights };
}

/** Limits that were not seen but chosen. */
export function chosenLimits(network: HyperpriorNetwork): CalibratedLimits {
  const hidden = [...entropyLayers(network).values()].filter(({ result }) => result === "levels");
  const activations = new Map(hidden.map(({ layer }) => [layer.name, new Float64Array(layer.channels).fill(9)]));
  return { z: 20, latents: new Float64Array(network.sizes.M).fill(12), activations };
}
