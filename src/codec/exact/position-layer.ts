/** Exact layers at one position of a map, for contexts that go through a map position by position. */
import { causalTaps, type EntropyLayer } from "../../networks/entropy/index.ts";
import type { ExactLayer } from "./exact-layer.ts";

/**
 * The same layer as one of kernel 1. A causal layer's inputs are its neighbours in the order of `causalTaps`: all channels of the first,
 * then all of the second, and so on.
 */
export function positionLayer(layer: ExactLayer, { name, mask }: EntropyLayer): ExactLayer {
  const { kind, kernel, stride, channels, inputChannels, weight } = layer;
  if (kind !== "conv" || stride !== 1 || (kernel > 1 && mask !== "causal")) {
    throw new Error(`internal: "${name}" does not work at a single position`);
  }
  if (kernel === 1) return layer;
  const taps = causalTaps(kernel);
  const area = kernel * kernel;
  const inputs = taps.length * inputChannels;
  const gathered = new Int16Array(channels * inputs);
  for (let channel = 0; channel < channels; channel++) {
    for (const [i, { tap }] of taps.entries()) {
      for (let input = 0; input < inputChannels; input++) {
        const from = (channel * inputChannels + input) * area + tap;
        gathered[channel * inputs + i * inputChannels + input] = weight[from]!;
      }
    }
  }
  return { ...layer, kernel: 1, inputChannels: inputs, weight: gathered };
}
