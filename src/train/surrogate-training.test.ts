/** Every surrogate trains: a toy network on onnxruntime, from the configuration to a lower loss. */
import { describe, expect, it } from "vitest";
import { SURROGATES, surrogateName } from "../quantize/index.ts";
import { createTrainStep } from "./onnx-train-step.ts";
import { validateConfig } from "./parse-config.ts";
import { trainingGraph } from "./training-graph.ts";

const STEPS = 30;
const LEARNING_RATE = 4e-3;
const base = {
  data: "unused",
  network: { N: 4, M: 6 },
  batch: 1,
  steps: STEPS,
  optimizer: { learningRate: LEARNING_RATE, warmupSteps: 0 },
  emaDecay: 0,
};

/** A picture of smooth waves, [1, 3, 128, 128] in 0..1. */
const batch = Float32Array.from({ length: 3 * 128 * 128 }, (_, i) => {
  const [x, y, plane] = [i % 128, Math.floor(i / 128) % 128, Math.floor(i / 128 ** 2)];
  return 0.5 + 0.3 * Math.sin(x / 11 + plane) + 0.15 * Math.cos(y / 17 - plane);
});

async function train(config: object) {
  const step = await createTrainStep(validateConfig({ ...base, ...config }));
  const losses: number[] = [];
  const norms: number[] = [];
  for (let t = 0; t < STEPS; t++) {
    const { loss, gradientNorm } = await step.run(batch, t, LEARNING_RATE);
    losses.push(loss);
    norms.push(gradientNorm);
  }
  const hard = await step.evaluate(batch, 1, 128);
  await step.dispose();
  return { losses, norms, hard };
}

describe.each(SURROGATES.map((surrogate) => [surrogateName(surrogate), surrogate] as const))(
  "training with %s on both paths",
  (_, { id, form }) => {
    it("lowers the loss, with finite gradients all along its temperatures", async () => {
      const choice = { id, ...(form === null ? {} : { form }) };
      const { losses, norms, hard } = await train({ surrogate: { rate: choice, distortion: choice } });
      expect([...losses, ...norms].every(Number.isFinite)).toBe(true);
      expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
      expect(hard.loss).toBeLessThan(0.7 * losses[0]!);
    });
  },
);

describe("the training graph", () => {
  it("takes the temperatures as scalars and the switch as another, and only where they are needed", () => {
    const inputsOf = (surrogate: unknown): string[] => {
      const { graph, scheduled, inputs } = trainingGraph(validateConfig({ ...base, surrogate }));
      const given = [...scheduled.map(({ input }) => input), ...inputs.noise.map(({ input }) => input)];
      for (const input of given) expect(graph.inputs.has(input), input).toBe(true);
      return given.sort();
    };
    expect(inputsOf("mixed")).toEqual(["noise/y", "noise/z"]);
    expect(inputsOf("ste")).toEqual([]);
    expect(inputsOf({ rate: "uq", distortion: "aun" })).toEqual([
      "noise/y",
      "noise/y/shared",
      "noise/z",
      "noise/z/shared",
    ]);
    expect(inputsOf({ rate: "sga", distortion: "sua" })).toEqual([
      "noise/y",
      "noise/z",
      "temperature/distortion",
      "temperature/rate",
    ]);
    expect(inputsOf({ rate: "aun", distortion: { id: "sga-plus", form: "linear-3" } })).toEqual([
      "noise/y",
      "noise/y/second",
      "noise/z",
      "noise/z/second",
      "temperature/distortion",
    ]);
    expect(inputsOf({ rate: { id: "sga-plus", form: "ssl-3", dither: "shared" }, distortion: "ste" })).toEqual([
      "noise/y/second/shared",
      "noise/y/shared",
      "noise/z/second/shared",
      "noise/z/shared",
      "temperature/rate",
    ]);
    expect(inputsOf({ rate: { id: "kumaraswamy", concentration: 2 }, distortion: "kumaraswamy" })).toEqual([
      "concentration/rate",
      "noise/y",
      "noise/z",
      "temperature/distortion",
      "temperature/rate",
    ]);
    expect(inputsOf("soft-then-hard")).toEqual(["hard", "noise/y", "noise/z"]);
  });

  it("gives the noise of a latent the same stream under every surrogate of its kind", () => {
    const streams = (surrogate: unknown): Record<string, number> =>
      Object.fromEntries(
        trainingGraph(validateConfig({ ...base, surrogate })).inputs.noise.map(({ input, stream }) => [input, stream]),
      );
    expect(streams("mixed")).toEqual({ "noise/z": 0, "noise/y": 1 });
    expect(streams("sga")).toEqual(streams("mixed"));
    expect(streams({ rate: "uq", distortion: "sua" })).toMatchObject(streams("mixed"));
    const paired = streams({ rate: { id: "sga-plus", form: "linear-3" }, distortion: "ste" });
    expect(paired).toMatchObject(streams("mixed"));
    expect(new Set(Object.values(paired)).size).toBe(4);
  });

  it.each([
    { type: "joint-autoregressive", N: 3, M: 4 },
    { type: "elic", N: 4, M: 5 },
  ])("asks for both numbers of a latent once where $type quantizes it several times", (network) => {
    const surrogate = { rate: { id: "sga-plus", form: "linear-3" }, distortion: { id: "sga-plus", form: "ssl-3" } };
    const { noise } = trainingGraph(validateConfig({ ...base, network, surrogate })).inputs;
    const inputs = noise.map(({ input }) => input).sort();
    expect(inputs).toEqual(["noise/y", "noise/y/second", "noise/z", "noise/z/second"]);
    const shapeOf = (name: string) => noise.find(({ input }) => input === name)?.shape;
    expect(shapeOf("noise/y/second")).toEqual(shapeOf("noise/y"));
  });

  it("follows the temperature's schedule over the steps of the run", () => {
    const temperature = { type: "exponential", from: 0.5, to: 0.05 };
    const surrogate = { rate: { id: "sga", temperature }, distortion: "ste" };
    const { scheduled } = trainingGraph(validateConfig({ ...base, surrogate }));
    expect([0, STEPS - 1].map((step) => scheduled[0]?.valueAt(step))).toEqual([0.5, expect.closeTo(0.05, 12)]);
  });
});

describe("two-stage training", () => {
  it.each([
    ["Adam", { name: "adam" }],
    ["Muon and weight decay", { name: "muon", weightDecay: 0.1 }],
  ])("freezes the encoder from the given step on, and goes on with the rest, by %s", async (_, optimizer) => {
    const config = validateConfig({
      ...base,
      // Wide enough for kernels that Muon updates.
      network: { N: 16, M: 16 },
      optimizer: { ...base.optimizer, ...optimizer },
      steps: 6,
      emaDecay: 0.9,
      surrogate: { rate: "aun", distortion: "aun", hardFrom: 0.5 },
    });
    const step = await createTrainStep(config);
    const weights = async () =>
      new Map([...(await step.exportState()).weights].map(([name, { data }]) => [name, data]));
    const isEncoder = (name: string): boolean => name.startsWith("ga.") || name.startsWith("ha.");
    const moved = (before: Map<string, Float32Array>, after: Map<string, Float32Array>): Set<string> =>
      new Set(
        [...before.keys()].filter((name) => before.get(name)?.some((value, i) => value !== after.get(name)?.[i])),
      );
    const start = await weights();
    for (let t = 0; t < 3; t++) await step.run(batch, t, LEARNING_RATE);
    const middle = await weights();
    for (let t = 3; t < 6; t++) await step.run(batch, t, LEARNING_RATE);
    const end = await weights();
    await step.dispose();
    const first = moved(start, middle);
    expect([...first].some(isEncoder)).toBe(true);
    const second = moved(middle, end);
    expect([...second].filter(isEncoder)).toEqual([]);
    expect(second).toEqual(new Set([...first].filter((name) => !isEncoder(name))));
  });

  it("sees the loss of the codec itself in the second stage", async () => {
    const config = validateConfig({ ...base, steps: 4, surrogate: { rate: "aun", distortion: "aun", hardFrom: 0.5 } });
    const step = await createTrainStep(config);
    for (let t = 0; t < 2; t++) await step.run(batch, t, LEARNING_RATE);
    const hard = await step.evaluate(batch, 1, 128);
    const { loss } = await step.run(batch, 2, LEARNING_RATE);
    await step.dispose();
    expect(Math.abs(loss / hard.loss - 1)).toBeLessThan(1e-5);
  });
});
