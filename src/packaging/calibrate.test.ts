import { describe, expect, it } from "vitest";
import { CounterRandom, graphInput } from "../engine/index.ts";
import type { NetworkConfig } from "../networks/architecture-table.ts";
import { createNetwork } from "../networks/create-network.ts";
import { initializeParameters } from "../networks/initialize-parameters.ts";
import { ParameterScope } from "../networks/parameters.ts";
import { qualityShape } from "../networks/quality.ts";
import { trainNetwork } from "../networks/train-network.ts";
import { buildModel } from "./build-model.ts";
import { calibrate, exactCost } from "./calibrate.ts";

const CONFIG: NetworkConfig = {
  type: "halfstep",
  N: 16,
  M: 16,
  structure: { wide: 16, analysis: [0, 0], synthesis: [0, 0], steps: 2 },
};
const SIDE = 128;

describe("calibration of a network of variable rate", () => {
  const network = createNetwork(CONFIG);
  if (network.coding !== "hyperprior") throw new Error("a network without hyper-latent");
  const scope = ParameterScope.training();
  trainNetwork(network, scope, graphInput("image", [1, 3, 64, 64]), {
    rate: "ste",
    distortion: "ste",
    zeroCenter: true,
    scaleBound: 0.11,
    quality: graphInput("quality", qualityShape(1)),
    noise: graphInput,
  });
  const weights = initializeParameters(scope.specs, 1);
  const images = [1, 2].map((seed) => {
    const data = new Float32Array(3 * SIDE * SIDE);
    new CounterRandom(seed).fillUniform(data, 0, 0, 0, 1);
    return { data, shape: [1, 3, SIDE, SIDE] };
  });
  const rate = { scaleBound: 0.11, lambdaRange: [0.0016, 0.128] } as const;

  it("sees every image at four qualities, so that limits hold for the best", async () => {
    const all = await calibrate(network, weights, rate, images);
    expect(all.latents).toHaveLength(4 * images.length);
    const low = await calibrate(network, weights, { ...rate, lambdaRange: [0.0016, 0.0016] }, images);
    const high = await calibrate(network, weights, { ...rate, lambdaRange: [0.128, 0.128] }, images);
    expect(all.limits.latents).toEqual(high.limits.latents);
    const [most, least] = [all, low].map(({ limits }) => Math.max(...limits.latents)) as [number, number];
    expect(most).toBeGreaterThan(4 * least);
    const bits = all.latents.map(({ yBits }) => yBits);
    for (const [i, next] of bits.slice(1, 4).entries()) expect(next).toBeGreaterThan(bits[i]!);
  });

  it("gives integers that cost next to nothing beside predicted logarithms of scales", async () => {
    const calibration = await calibrate(network, weights, rate, images);
    const description = { name: "test", network: CONFIG, lambda: 0.01, ...rate, training: {} };
    const model = buildModel({ ...description, weights, limits: calibration.limits });
    const { floatBits, exactBits } = await exactCost(network, model, calibration.latents);
    expect(Math.abs(exactBits / floatBits - 1)).toBeLessThan(0.002);
  });
});
