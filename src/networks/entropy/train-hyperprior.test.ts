/** The training graph that begins at latents, against the one that begins at the image: for every kind of context. */
import { describe, expect, it } from "vitest";
import {
  add,
  CounterRandom,
  elementCount,
  evaluate,
  gradients,
  graphInput,
  reduceSum,
  type Tensor,
} from "../../engine/index.ts";
import type { NetworkConfig } from "../architecture-table.ts";
import { createNetwork } from "../create-network.ts";
import { initializeParameters } from "../initialize-parameters.ts";
import type { HyperpriorNetwork, TrainOptions } from "../network.ts";
import { isInScopes, ParameterScope, parameterInputName } from "../parameters.ts";
import { qualityShape, qualityWeights } from "../quality.ts";
import { entropyLayers } from "./entropy-graphs.ts";
import { trainFromLatents, trainHyperprior } from "./train-hyperprior.ts";

const NETWORKS: readonly (NetworkConfig & { readonly context: string })[] = [
  { type: "mean-scale-hyperprior", N: 4, M: 6, context: "none" },
  { type: "joint-autoregressive", N: 4, M: 6, context: "serial" },
  {
    type: "halfstep",
    N: 4,
    M: 8,
    structure: { wide: 8, analysis: [0, 0], synthesis: [0, 0], steps: 4 },
    context: "groups",
  },
];

const optionsOf = (distortion: "aun" | "ste"): TrainOptions => ({
  rate: "aun",
  distortion,
  zeroCenter: true,
  scaleBound: 0.11,
  quality: graphInput("quality", qualityShape(1)),
  noise: (latent, shape) => graphInput(`noise/${latent}`, shape),
});

function draw(count: number, stream: number, low = -0.5, high = 0.5): Float32Array {
  const data = new Float32Array(count);
  new CounterRandom(5).fillUniform(data, 0, stream, low, high);
  return data;
}

describe.each(NETWORKS)("trainFromLatents of $type, whose context is $context", ({ context, ...config }) => {
  const network = createNetwork(config) as HyperpriorNetwork;
  const whole = ParameterScope.training();
  const image = graphInput("image", [1, 3, 64, 64]);
  const built = trainHyperprior(network, whole, image, optionsOf("ste"));
  const zShape = [1, network.zChannels, 1, 1];
  const feeds: Record<string, ArrayLike<number>> = {
    image: draw(3 * 64 * 64, 0, 0, 1),
    quality: qualityWeights([0.6]),
    "noise/y": draw(elementCount(built.latents.y.shape), 1),
    "noise/z": draw(elementCount(zShape), 2),
    ...Object.fromEntries(
      [...initializeParameters(whole.specs, 3)].map(([name, { data }]) => [parameterInputName(name), data]),
    ),
  };
  // Scales well above their bound, below which a gradient is not the slope: the bound would hold them, the gradient still raises them.
  for (const { layer, result } of entropyLayers(network).values()) {
    if (result === "real") feeds[parameterInputName(`${layer.name}.bias`)] = new Float64Array(layer.channels).fill(6);
  }
  const [y, z] = [graphInput("y", built.latents.y.shape), graphInput("z", zShape)];
  const known = evaluate({ bits: built.bits, x: built.reconstruction, y: built.latents.y }, feeds);

  it("gives what the whole graph gives for the latents of the analysis, and asks for no parameter of the encoder", () => {
    const analysis = network.hyperAnalysis(ParameterScope.training(), y);
    const analysed = evaluate({ z: analysis }, { ...feeds, y: known.y.data });
    const scope = ParameterScope.training();
    const part = trainFromLatents(network, scope, { y, z }, optionsOf("ste"));
    const found = evaluate(
      { bits: part.bits, x: part.reconstruction },
      { ...feeds, y: known.y.data, z: analysed.z.data },
    );
    expect(found.bits.data[0]).toBeCloseTo(known.bits.data[0]!, 9);
    expect(Math.max(...found.x.data.map((value, i) => Math.abs(value - known.x.data[i]!)))).toBeLessThan(1e-12);
    const names = scope.specs.map(({ name }) => name);
    expect(names.filter((name) => isInScopes(name, network.encoderScopes))).toEqual([]);
    expect(whole.specs.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  it("has the gradients of differences for y and for z", () => {
    const part = trainFromLatents(network, ParameterScope.training(), { y, z }, optionsOf("aun"));
    const loss = add(part.bits, reduceSum(part.reconstruction));
    const slopes = gradients(loss, [y, z]) as [Tensor, Tensor];
    const at = { y: known.y.data, z: draw(elementCount(zShape), 3, -3, 3) };
    const { toY, toZ } = evaluate({ toY: slopes[0], toZ: slopes[1] }, { ...feeds, ...at });
    for (const [name, given] of [
      ["y", toY],
      ["z", toZ],
    ] as const) {
      const direction = draw(at[name].length, 4);
      const along = (step: number): number => {
        const moved = Float64Array.from(at[name], (value, i) => value + step * direction[i]!);
        return evaluate({ loss }, { ...feeds, ...at, [name]: moved }).loss.data[0]!;
      };
      const slope = direction.reduce((sum, by, i) => sum + by * given.data[i]!, 0);
      expect(Math.abs(slope), name).toBeGreaterThan(1e-3);
      // Rectifiers have kinks, hence a small step; with a smaller one, rounding in the sum of all bits would count.
      expect(Math.abs((along(1e-6) - along(-1e-6)) / 2e-6 / slope - 1), name).toBeLessThan(1e-4);
    }
  });
});
