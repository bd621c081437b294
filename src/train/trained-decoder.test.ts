/** Decoder and entropy model trained on rounded latents of an encoder that stands still: `trained: "decoder"`. */
import { describe, expect, it } from "vitest";
import type { FloatArray } from "../engine/index.ts";
import { createNetwork } from "../networks/index.ts";
import type { TrainConfig } from "./config.ts";
import { createTrainStep } from "./onnx-train-step.ts";
import { validateConfig } from "./parse-config.ts";
import { startTraining } from "./start-training.ts";
import type { TrainState } from "./train-step.ts";
import { gradientGraph, trainingGraph } from "./training-graph.ts";

const RATE = 4e-3;
const SIDE = 128;
const fork = {
  data: "unused",
  // Wide enough for kernels that Muon updates.
  network: { N: 16, M: 16 },
  batch: 1,
  steps: 6,
  optimizer: { learningRate: RATE, warmupSteps: 0 },
  emaDecay: 0.9,
  surrogate: "ste",
  trained: "decoder",
  initialWeights: "trunk",
};

/** A picture of smooth waves, [1, 3, 128, 128] in 0..1; another for every step. */
const batchAt = (step: number): Float32Array =>
  Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [x, y, plane] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
    return 0.5 + 0.3 * Math.sin((x + 5 * step) / 11 + plane) + 0.15 * Math.cos(y / 17 - plane);
  });

async function stateAfter(config: TrainConfig, from: number, to: number, start?: TrainState): Promise<TrainState> {
  const step = await createTrainStep(config);
  if (start !== undefined) await step.importState(start);
  for (let t = from; t < to; t++) await step.run(batchAt(t), t, RATE);
  const state = await step.exportState();
  await step.dispose();
  return state;
}

/** A start whose latents do not all round to 0, as those of a new network do: what they would not move has no gradient. */
async function startOf(config: TrainConfig): Promise<TrainState> {
  const fresh = await stateAfter(config, 0, 0);
  const weights = new Map(
    [...fresh.weights].map(([name, { shape, data }]) => {
      const isLast = /^(ga|ha)\.conv\d\.weight$/.test(name);
      return [name, { shape, data: isLast ? data.map((value) => 2 * value) : data }];
    }),
  );
  return { ...fresh, weights, ema: weights };
}

const bitsOf = ({ data }: FloatArray): Uint32Array => new Uint32Array(data.slice().buffer);
const differing = (a: ReadonlyMap<string, FloatArray>, b: ReadonlyMap<string, FloatArray>): string[] =>
  [...a.keys()].filter((name) => {
    const [one, other] = [a.get(name), b.get(name)] as [FloatArray, FloatArray];
    return bitsOf(one).join() !== bitsOf(other).join();
  });
const isEncoder = (name: string): boolean => name.startsWith("ga.") || name.startsWith("ha.");

describe.each([
  ["Adam", { name: "adam" }],
  ["Muon with weight decay", { name: "muon", weightDecay: 0.1 }],
])("with %s", (_, optimizer) => {
  const config = validateConfig({ ...fork, optimizer: { ...fork.optimizer, ...optimizer } });

  it("leaves every bit of the encoder, moves all else, and keeps moments of what moves alone", async () => {
    const start = await startOf(config);
    const end = await stateAfter(config, 0, 3, start);
    const names = [...start.weights.keys()];
    expect(names.some(isEncoder)).toBe(true);
    expect(differing(start.weights, end.weights)).toEqual(names.filter((name) => !isEncoder(name)));
    expect([...end.firstMoments.keys()]).toEqual(names.filter((name) => !isEncoder(name)));
    expect([...end.secondMoments.keys()].some(isEncoder)).toBe(false);
    // Averages are complete, for they are what models are made of: those of the encoder are the encoder.
    expect([...end.ema.keys()]).toEqual(names);
    const encoderOf = (tensors: ReadonlyMap<string, FloatArray>) =>
      new Map([...tensors].filter(([name]) => isEncoder(name)));
    expect(differing(encoderOf(start.weights), encoderOf(end.ema))).toEqual([]);
  });

  it("goes on from a state in the middle to the same bits", async () => {
    const whole = await stateAfter(config, 0, 6);
    const half = await stateAfter(config, 0, 3);
    const resumed = await stateAfter(config, 3, 6, half);
    for (const part of ["weights", "firstMoments", "secondMoments", "ema"] as const) {
      expect([...resumed[part].keys()]).toEqual([...whole[part].keys()]);
      expect(differing(whole[part], resumed[part]), part).toEqual([]);
    }
  });
});

describe("trained on rounded latents", () => {
  it("lowers the loss of the codec itself, which is the loss that it trains", async () => {
    const config = validateConfig({ ...fork, emaDecay: 0, steps: 40 });
    const step = await createTrainStep(config);
    const before = await step.evaluate(batchAt(0), 1, SIDE);
    const { loss } = await step.run(batchAt(0), 0, RATE);
    expect(Math.abs(loss / before.loss - 1)).toBeLessThan(1e-5);
    for (let t = 1; t < 40; t++) await step.run(batchAt(0), t, RATE);
    const after = await step.evaluate(batchAt(0), 1, SIDE);
    await step.dispose();
    expect(after.loss).toBeLessThan(0.7 * before.loss);
  });

  it.each([
    { type: "factorized-prior", N: 4, M: 6 },
    { type: "scale-hyperprior", N: 4, M: 6 },
    { type: "joint-autoregressive", N: 8, M: 12 },
    { type: "channel-conditional", N: 8, M: 20 },
    { type: "elic", N: 8, M: 32 },
    { type: "halfstep", N: 8, M: 32, structure: { wide: 8 } },
  ])("has a graph for $type in which the encoder is read and nothing of it written", (network) => {
    const config = validateConfig({ ...fork, network });
    const { graph, frozen, parameters } = trainingGraph(config);
    const scopes = createNetwork(config.network).encoderScopes;
    const isFrozen = (name: string): boolean => scopes.some((scope) => name.startsWith(`${scope}.`));
    expect([...frozen]).toEqual(parameters.map(({ name }) => name).filter(isFrozen));
    expect(frozen.size).toBeGreaterThan(0);
    for (const { name } of parameters) {
      expect(graph.inputs.has(`parameter/${name}`), name).toBe(true);
      expect(graph.outputs.has(`next/parameter/${name}`), name).toBe(!isFrozen(name));
      if (isFrozen(name)) expect(graph.inputs.has(`first-moment/${name}`), name).toBe(false);
    }
  });

  it("has fewer operations than training all: no gradient of the encoder is computed", () => {
    const { trained: _, ...all } = fork;
    const sizeOf = (config: object): number => trainingGraph(validateConfig(config)).graph.order.length;
    expect(sizeOf(fork)).toBeLessThan(0.8 * sizeOf(all));
  });

  it("is refused without weights to begin with, before the images are opened", async () => {
    const { initialWeights: _, ...rootless } = fork;
    const config = validateConfig({ ...rootless, data: "nowhere" });
    const start = (more: object) => startTraining({ config, createStep: createTrainStep, folder: "nowhere", ...more });
    await expect(start({})).rejects.toThrow(
      /initialWeights: got nothing, expected a run folder or a checkpoint with trained "decoder"/,
    );
    // A fork of a sweep has them from elsewhere.
    await expect(start({ startFrom: "trunk" })).rejects.toMatchObject({ code: "missing-dataset" });
  });

  it("is refused with another surrogate, in two stages, and for an optimizer outside", () => {
    const refusal = (change: object): string => {
      try {
        validateConfig({ ...fork, ...change });
      } catch (error) {
        return (error as Error).message;
      }
      return expect.unreachable("should have failed");
    };
    expect(refusal({ surrogate: "mixed" })).toMatch(/surrogate: got "mixed", expected "ste" with trained "decoder"/);
    expect(refusal({ surrogate: undefined })).toMatch(/surrogate: got nothing, expected "ste"/);
    expect(refusal({ surrogate: { rate: "ste", distortion: "ste", hardFrom: 0.5 } })).toMatch(/expected "ste"/);
    expect(refusal({ trained: "encoder" })).toMatch(/trained: got "encoder", expected one of "all", "decoder"/);
    expect(() => gradientGraph(validateConfig(fork))).toThrow(/got trained "decoder", expected "all"/);
    expect(validateConfig({ ...fork, trained: "all" })).not.toHaveProperty("trained");
  });
});
