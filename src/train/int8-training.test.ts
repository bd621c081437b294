/** Training with `int8Kernels`: the network computes with its kernels as a model file will hold them, and they learn all the same. */
import { describe, expect, it } from "vitest";
import { createNetwork } from "../networks/index.ts";
import { roundToInt8 } from "../networks/int8-kernels.ts";
import { printConfig } from "./config.ts";
import { createTrainStep } from "./onnx-train-step.ts";
import { validateConfig } from "./parse-config.ts";
import { gradientGraph } from "./training-graph.ts";

const SIDE = 128;
const plain = validateConfig({
  data: "unused",
  network: { N: 8, M: 12 },
  batch: 1,
  steps: 5,
  optimizer: { name: "muon", learningRate: 1e-3, warmupSteps: 0 },
  emaDecay: 0,
});
const int8 = validateConfig({ ...plain, int8Kernels: true });

/** A picture of smooth waves, [1, 3, 128, 128] in 0..1. */
const picture = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [x, y, plane] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
  return 0.5 + 0.3 * Math.sin(x / 11 + plane) + 0.15 * Math.cos(y / 17 - plane);
});

describe("int8Kernels", () => {
  it("computes with rounded kernels: its loss is that of their network, bit by bit", async () => {
    const rounding = await createTrainStep(int8);
    for (let t = 0; t < 3; t++) await rounding.run(picture, t, 1e-3);
    const state = await rounding.exportState();
    const seen = await rounding.evaluate(picture, 1, SIDE);
    await rounding.dispose();
    const { weights, int8Scales } = roundToInt8(createNetwork(int8.network), state.weights);
    expect([...int8Scales.keys()]).toContain("gs.deconv3.weight");
    // The weights themselves stay floats, which small steps move.
    expect(weights.get("gs.deconv3.weight")?.data).not.toEqual(state.weights.get("gs.deconv3.weight")?.data);
    const floats = await createTrainStep(plain);
    await floats.importState({ ...state, weights: new Map(weights) });
    expect(await floats.evaluate(picture, 1, SIDE)).toEqual(seen);
    await floats.importState(state);
    expect((await floats.evaluate(picture, 1, SIDE)).loss).not.toBe(seen.loss);
    await floats.dispose();
  });

  it("is a field of the configuration that is written only where it is on", () => {
    expect(printConfig(int8)).toContain('"int8Kernels": true');
    expect(validateConfig({ ...plain, int8Kernels: false })).toEqual(plain);
    expect(gradientGraph(int8).parameters).toEqual(gradientGraph(plain).parameters);
  });
});
