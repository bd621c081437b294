import { describe, expect, it } from "vitest";
import { evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { gradients } from "../gradients/gradients.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reduceSum } from "./broadcast.ts";
import { greater, maximum, minimum, select } from "./compare.ts";
import { log } from "./functions.ts";
import { graphInput } from "./sources.ts";

const a = graphInput("a", [3]);
const b = graphInput("b", [3]);

describe("minimum and maximum", () => {
  it("give the whole gradient of a tie to the first operand", async () => {
    for (const [choose, expectedA] of [
      [minimum, [1, 1, 0]],
      [maximum, [0, 1, 1]],
    ] as const) {
      const [da, db] = gradients(reduceSum(choose(a, b)), [a, b]) as [Tensor, Tensor];
      const results = await evaluateBoth({ da, db }, { a: Float32Array.of(1, 2, 3), b: Float32Array.of(2, 2, 2) });
      for (const kind of ["float32", "float64"] as const) {
        expect([...(results.da?.[kind] ?? [])]).toEqual(expectedA);
        expect([...(results.db?.[kind] ?? [])]).toEqual(expectedA.map((share) => 1 - share));
      }
    }
  });
});

describe("select", () => {
  it("lets no infinity through from the side that is not chosen", async () => {
    const y = select(greater(a, 0), log(a), b);
    const feeds = { a: Float32Array.of(0, 1, 0), b: Float32Array.of(5, 6, 7) };
    const { value } = await evaluateBoth({ value: y }, feeds);
    expect([...(value?.float32 ?? [])]).toEqual([5, 0, 7]);
    const [db] = gradients(reduceSum(y), [b]) as [Tensor];
    const { gradient } = await evaluateBoth({ gradient: db }, feeds);
    expect([...(gradient?.float32 ?? [])]).toEqual([1, 0, 1]);
  });

  it("needs a finite derivative on the side that is not chosen, which a bounded argument has", async () => {
    const slope = (y: Tensor): Tensor => (gradients(reduceSum(y), [a]) as [Tensor])[0];
    const isPositive = greater(a, 0);
    const outputs = {
      bare: slope(select(isPositive, log(a), 0)),
      bounded: slope(select(isPositive, log(maximum(a, 1e-6)), 0)),
    };
    const both = await evaluateBoth(outputs, { a: Float32Array.of(0, 1, 2) });
    expect([...(both.bare?.float32 ?? [])]).toEqual([Number.NaN, 1, 0.5]);
    expect([...(both.bounded?.float32 ?? [])]).toEqual([0, 1, 0.5]);
  });

  it("refuses shapes that do not broadcast", () => {
    expect(() => select(graphInput("m", [2]), a, b)).toThrow(/select: got shapes \[2\] and \[3\]/);
  });
});
