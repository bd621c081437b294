import { describe, expect, it } from "vitest";
import { validateConfig } from "./parse-config.ts";
import { createTrainStep } from "./step.ts";
import type { TrainStepResult } from "./train-step.ts";

const config = validateConfig({
  data: "unused",
  network: { N: 4, M: 6 },
  batch: 2,
  optimizer: { learningRate: 3e-3, warmupSteps: 0 },
});

/** Two pictures of smooth waves, [2, 3, 128, 128] in 0..1. */
const batch = Float32Array.from({ length: 2 * 3 * 128 * 128 }, (_, i) => {
  const [x, y, plane] = [i % 128, Math.floor(i / 128) % 128, Math.floor(i / 128 ** 2)];
  return 0.5 + 0.3 * Math.sin(x / 11 + plane) + 0.15 * Math.cos(y / 17 - plane);
});

async function losses(steps: number): Promise<number[]> {
  const step = await createTrainStep(config);
  const results: TrainStepResult[] = [];
  for (let t = 0; t < steps; t++) results.push(await step.run(batch, t, 3e-3));
  await step.dispose();
  return results.map(({ loss }) => loss);
}

describe("the training step on onnxruntime", () => {
  it("lowers the loss, and gives the same numbers when it is repeated", async () => {
    const first = await losses(40);
    expect(first.at(-1)).toBeLessThan(0.5 * (first[0] as number));
    expect(await losses(5)).toEqual(first.slice(0, 5));
  });

  it("goes on from an exported state with the same numbers as a run that was not interrupted", async () => {
    const whole = await losses(6);
    const before = await createTrainStep(config);
    for (let t = 0; t < 3; t++) await before.run(batch, t, 3e-3);
    const state = await before.exportState();
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
