import { describe, expect, it, vi } from "vitest";
import { openReference } from "../../../test/support/reference-session.ts";
import { arrayOf } from "../../engine/index.ts";
import { openGraphOn } from "../../engine/runtime/open-graph.ts";
import { isInScopes } from "../../networks/parameters.ts";
import { checkTemperature } from "../running/surrogate-feeds.ts";
import { findPairs, SURROGATE_PAIRS } from "../running/surrogate-pairs.ts";
import { toyCells } from "../toy/cells.ts";
import { ENCODER_SCOPE } from "../toy/toy-codec.ts";
import { trainToy } from "../toy/train-toy.ts";

// Seconds of arithmetic, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

const open = openGraphOn("cpu");
const [pair] = findPairs(["aun"]);
if (pair === undefined) throw new Error("no pair");

describe("trainToy", () => {
  it.each(SURROGATE_PAIRS.map((one) => [one.name, one] as const))(
    "with %s lowers the loss that it trains",
    async (_, one) => {
      const few = await trainToy(one, { seed: 1, steps: 1, batch: 64 }, open);
      const many = await trainToy(one, { seed: 1, steps: 250, batch: 64 }, open);
      expect(many.soft.loss).toBeLessThan(0.7 * few.soft.loss);
    },
  );

  it("gives the same codec for the same seed, and another for another", async () => {
    const options = { steps: 20, batch: 32 };
    const first = await trainToy(pair, { ...options, seed: 3 }, open);
    const again = await trainToy(pair, { ...options, seed: 3 }, open);
    const other = await trainToy(pair, { ...options, seed: 4 }, open);
    expect(again.hard).toEqual(first.hard);
    expect(other.hard).not.toEqual(first.hard);
  });

  it("gives nearly the same loss on onnxruntime and on the reference evaluator", async () => {
    const options = { seed: 2, steps: 3, batch: 8 };
    const fast = await trainToy(pair, options, open);
    const slow = await trainToy(pair, options, openReference);
    // float32 against float64 over three steps of Adam, which starts with steps of one size whatever the gradient's.
    expect(fast.soft.loss / slow.soft.loss).toBeCloseTo(1, 3);
  });

  it("freezes the encoder in the second stage, and nothing else", async () => {
    const atOnce = { ...pair, hardFrom: 0 };
    const early = await trainToy(atOnce, { seed: 5, batch: 16, steps: 1 }, open);
    const late = await trainToy(atOnce, { seed: 5, batch: 16, steps: 10 }, open);
    for (const [name, { data }] of late.weights) {
      const stayed = data.every((value, i) => value === arrayOf(early.weights, name).data[i]);
      expect(stayed, name).toBe(isInScopes(name, [ENCODER_SCOPE]));
    }
  });

  it("tells the loss and the weights after every step", async () => {
    const told: { readonly done: number; readonly loss: number; readonly bias: number }[] = [];
    const { weights } = await trainToy(pair, { seed: 1, steps: 30, batch: 64 }, open, ({ done, loss, weights }) => {
      told.push({ done, loss, bias: [...weights.values()][1]?.data[0] ?? Number.NaN });
    });
    expect(told.map(({ done }) => done)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(told[29]?.loss).toBeLessThan(told[0]?.loss ?? 0);
    expect(told[29]?.bias).toBe([...weights.values()][1]?.data[0]);
    expect(told[29]?.bias).not.toBe(told[0]?.bias);
  });

  it("has no mismatch where training rounds as the codec does", async () => {
    const [ste] = findPairs(["ste"]);
    const { hard, soft } = await trainToy(ste ?? pair, { seed: 1, steps: 30, batch: 64 }, open);
    expect(soft).toEqual(hard);
  });

  it("has none after a second stage either, which rounds as well, and has one before it", async () => {
    const [twoStages] = findPairs(["soft-then-hard"]);
    if (twoStages === undefined) throw new Error("no pair");
    const through = await trainToy(twoStages, { seed: 1, steps: 50, batch: 64 }, open);
    expect(through.soft).toEqual(through.hard);
    // 20 steps end before 0.96 of them are done.
    const short = await trainToy(twoStages, { seed: 1, steps: 20, batch: 64 }, open);
    expect(short.soft).not.toEqual(short.hard);
  });
});

describe("toyCells", () => {
  it("reconstructs every cell that the source hits, and draws boundaries", async () => {
    const { weights } = await trainToy(pair, { seed: 1, steps: 60, batch: 64 }, open);
    const { codebook, boundaries, points } = await toyCells(weights, open);
    expect(codebook.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(codebook.length).toBeGreaterThan(3);
    expect(boundaries.length).toBeGreaterThan(2);
    expect(points.length).toBeGreaterThan(100);
  });
});

describe("findPairs", () => {
  it("lists the pairs when one is unknown", () => {
    expect(() => findPairs(["nothing"])).toThrow(/expected one of aun, ste/);
  });

  it("knows which temperatures all of some pairs take", () => {
    expect(() => checkTemperature(SURROGATE_PAIRS, 5)).toThrow(/temperature: got 5/);
    expect(() => checkTemperature(SURROGATE_PAIRS, 0.5)).not.toThrow();
  });
});
