import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { arrayOf } from "../engine/index.ts";
import { growth } from "../networks/architectures/halfstep-growth.ts";
import { type SafeTensor, writeSafetensors } from "../safetensors.ts";
import { deserializeState, serializeState } from "./checkpoint.ts";
import type { TrainConfig } from "./config.ts";
import { readInitialState } from "./initial-weights.ts";
import { isMuonParameter } from "./muon.ts";
import { createTrainStep } from "./onnx-train-step.ts";
import { validateConfig } from "./parse-config.ts";
import type { TrainStepResult } from "./train-step.ts";

const optimizer = { learningRate: 3e-3, warmupSteps: 0 };
const hyperprior = validateConfig({ data: "unused", network: { N: 4, M: 6 }, batch: 2, optimizer });
const structure = { wide: 16, analysis: [1, 1], synthesis: [1, 1], steps: 1 };
const halfstep = validateConfig({
  data: "unused",
  network: { type: "halfstep", N: 16, M: 16, structure },
  lambdaRange: [0.002, 0.1],
  batch: 2,
  optimizer: { ...optimizer, name: "muon", weightDecay: 0.1 },
});

/** Two pictures of smooth waves, [2, 3, 128, 128] in 0..1. */
const batch = Float32Array.from({ length: 2 * 3 * 128 * 128 }, (_, i) => {
  const [x, y, plane] = [i % 128, Math.floor(i / 128) % 128, Math.floor(i / 128 ** 2)];
  return 0.5 + 0.3 * Math.sin(x / 11 + plane) + 0.15 * Math.cos(y / 17 - plane);
});

async function losses(config: TrainConfig, steps: number): Promise<number[]> {
  const step = await createTrainStep(config);
  const results: TrainStepResult[] = [];
  for (let t = 0; t < steps; t++) results.push(await step.run(batch, t, 3e-3));
  await step.dispose();
  return results.map(({ loss }) => loss);
}

describe.each([
  ["a hyperprior by Adam", hyperprior, 0.5],
  // It begins as a codec, and has less to gain.
  ["halfstep by Muon", halfstep, 0.8],
] as const)("the training step on onnxruntime of %s", (_, config, gain) => {
  it("lowers the loss, and gives the same numbers when it is repeated", async () => {
    const first = await losses(config, 40);
    expect(first.at(-1)).toBeLessThan(gain * first[0]!);
    expect(await losses(config, 5)).toEqual(first.slice(0, 5));
  });

  it("goes on from an exported state with the same numbers as a run that was not interrupted", async () => {
    const whole = await losses(config, 6);
    const before = await createTrainStep(config);
    for (let t = 0; t < 3; t++) await before.run(batch, t, 3e-3);
    // Through the bytes of a checkpoint.
    const state = deserializeState(serializeState(await before.exportState()));
    await before.dispose();
    const after = await createTrainStep(config);
    await after.importState(state);
    const rest: number[] = [];
    for (let t = 3; t < 6; t++) rest.push((await after.run(batch, t, 3e-3)).loss);
    await after.dispose();
    expect(rest).toEqual(whole.slice(3));
  });

  it("refuses the state of another network", async () => {
    const step = await createTrainStep(config);
    const empty = { weights: new Map(), firstMoments: new Map(), secondMoments: new Map(), ema: new Map() };
    expect(() => step.importState(empty)).toThrow(/the state is of another network/);
    await step.dispose();
  });
});

describe("the state of a step by Muon", () => {
  it("has a second moment for all that Adam updates and for nothing else, and is missed where one is lacking", async () => {
    const step = await createTrainStep(halfstep);
    const state = await step.exportState();
    const byAdam = [...state.weights].filter(([, { shape }]) => !isMuonParameter({ shape }));
    expect(byAdam.length).toBeGreaterThan(0);
    expect(byAdam.length).toBeLessThan(state.weights.size);
    expect([...state.secondMoments.keys()]).toEqual(byAdam.map(([name]) => name));
    expect([...state.firstMoments.keys()]).toEqual([...state.weights.keys()]);
    const [name] = byAdam[0] as (typeof byAdam)[number];
    const secondMoments = new Map([...state.secondMoments].filter(([other]) => other !== name));
    expect(() => step.importState({ ...state, secondMoments })).toThrow(`got no secondMoment "${name}" of shape`);
    await step.dispose();
  });
});

describe("a network that grew from a smaller one", () => {
  const network = (steps: 2 | 4, more: object): TrainConfig =>
    validateConfig({
      data: "unused",
      network: { type: "halfstep", N: 16, M: 16, structure: { wide: 16, analysis: [1, 1], synthesis: [1, 1], steps } },
      lambdaRange: [0.002, 0.1],
      batch: 2,
      optimizer: { ...optimizer, name: "muon" },
      ...more,
    });

  it("makes the pictures of the smaller one at little more cost, and learns", async () => {
    const small = await createTrainStep(network(2, {}));
    for (let t = 0; t < 12; t++) await small.run(batch, t, 3e-3);
    const { ema } = await small.exportState();
    const before = await small.evaluate(batch, 2, 128);
    await small.dispose();

    const structure = { wide: 16, analysis: [2, 1], synthesis: [1, 2], bypass: true };
    const larger = { type: "halfstep", N: 16, M: 32, structure: { ...structure, steps: 2 } };
    const folder = mkdtempSync(path.join(tmpdir(), "halfstep-grow-"));
    const file = path.join(folder, "small.safetensors");
    const tensors = [...ema].map(([name, tensor]): [string, SafeTensor] => [name, { dtype: "F32", ...tensor }]);
    writeFileSync(file, writeSafetensors(new Map(tensors)));
    const grown = await createTrainStep(network(2, { network: larger }));
    const fresh = await grown.exportState();
    expect(() => readInitialState(file, fresh)).toThrow(/weights that do not fit/);
    await grown.importState(readInitialState(file, fresh, growth));
    const after = await grown.evaluate(batch, 2, 128);
    expect(after.meanSquaredError).toBeCloseTo(before.meanSquaredError, 7);
    expect(after.bitsPerPixel - before.bitsPerPixel).toBeLessThan(0.01);
    const losses: number[] = [];
    for (let t = 0; t < 12; t++) losses.push((await grown.run(batch, t, 3e-3)).loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const { weights } = await grown.exportState();
    expect(arrayOf(weights, "ga.bypass.weight").data.some((value) => value !== 0)).toBe(true);
    await grown.dispose();

    // Groups that no longer hear all of each other change what is expected, and so the rounding, but not much.
    const divided = await createTrainStep(network(4, {}));
    await divided.importState(readInitialState(file, await divided.exportState(), growth));
    const { loss } = await divided.evaluate(batch, 2, 128);
    expect(loss / before.loss).toBeGreaterThan(0.9);
    expect(loss / before.loss).toBeLessThan(1.1);
    await divided.dispose();
    rmSync(folder, { recursive: true });
  });
});
