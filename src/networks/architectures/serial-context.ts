/**
 * The serial context model of Minnen, Ballé, Toderici ("Joint Autoregressive and Hierarchical Priors for Learned Image Compression",
 * NeurIPS 2018), which Cheng et al. took over: a causal convolution looks at the neighbours that are decoded, and three layers
 * of 1x1 join it with the features of the hyper-synthesis.
 *
 *   y^ --causal 5x5 2M--+
 *                       +-- concat 4M -> 1x1 10M/3 -> LReLU -> 1x1 8M/3 -> LReLU -> 1x1 2M -> (s, mu)
 *   features 2M --------+
 */
import { type EntropyLayer, outputChain } from "../entropy/index.ts";
import type { Context } from "../network.ts";

const KERNEL = 5;

/** The context model over M channels, whose features have 2 M. */
export function serialContext(M: number): Context {
  const pointwise = (name: string, channels: number, activation: "leaky-relu" | "none"): EntropyLayer => ({
    name: `parameters.${name}`,
    kind: "conv",
    kernel: 1,
    channels,
    activation,
  });
  const layers = [
    pointwise("conv0", Math.floor((10 * M) / 3), "leaky-relu"),
    pointwise("conv1", Math.floor((8 * M) / 3), "leaky-relu"),
    pointwise("conv2", 2 * M, "none"),
  ];
  const causal = { name: "context", kind: "conv", kernel: KERNEL, channels: 2 * M, mask: "causal" } as const;
  return {
    kind: "serial",
    kernel: KERNEL,
    parameters: (ops, features, yHat) => outputChain(ops, ops.concat([features, ops.layer(yHat, causal)]), layers),
  };
}
