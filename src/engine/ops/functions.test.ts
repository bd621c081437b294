import { describe, expect, it } from "vitest";
import { type BothWays, evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { erfcValue } from "../../error-function.ts";
import { erfc, leakyRelu, round, softplus } from "./functions.ts";
import { graphInput } from "./sources.ts";

async function both(apply: (x: ReturnType<typeof graphInput>) => ReturnType<typeof graphInput>, x: Float32Array) {
  const { y } = await evaluateBoth({ y: apply(graphInput("x", [x.length])) }, { x });
  return y as BothWays;
}

/** The largest relative error of float32 erfc as onnxruntime computes it, over every 1/512 of [low, high]. */
async function worstErfcError(low: number, high: number): Promise<number> {
  const x = Float32Array.from({ length: (high - low) * 512 + 1 }, (_, i) => low + i / 512 + (i % 7) * 1e-4);
  const { float32 } = await both(erfc, x);
  return x.reduce((worst, value, i) => {
    const expected = erfcValue(value);
    return Math.max(worst, Math.abs(float32[i]! / expected - 1));
  }, 0);
}

describe("erfc", () => {
  it("keeps a relative error below 7e-7 in float32, from -6 deep into the tail at 9", async () => {
    expect(await worstErfcError(-6, 9)).toBeLessThan(7e-7);
  });

  it("is 1 at 0, exactly 2 on the far left and 0 on the far right, and finite for every finite argument", async () => {
    const { float32 } = await both(erfc, Float32Array.of(0, -0, -12, -1e30, 12, 1e30, 3e38, Number.POSITIVE_INFINITY));
    expect(float32[0]).toBeCloseTo(1, 6);
    expect(float32[1]).toBeCloseTo(1, 6);
    expect([...float32.slice(2)]).toEqual([2, 2, 0, 0, 0, 0]);
  });
});

describe("round", () => {
  it("takes halves to the even integer, in onnxruntime and in float64", async () => {
    const x = Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 0.49999997, -0.4, 2.500001);
    const expected = [-2, -2, 0, 0, 2, 2, 4, 4, 0, 0, 3];
    const { float32, float64 } = await both(round, x);
    // Adding 0 turns -0 into 0: the sign of zero is not what this is about.
    expect(Array.from(float32, (value) => value + 0)).toEqual(expected);
    expect(Array.from(float64, (value) => value + 0)).toEqual(expected);
  });
});

describe("softplus", () => {
  it("neither overflows for large arguments nor vanishes for small ones", async () => {
    const { float32, float64 } = await both(softplus, Float32Array.of(1000, 88, -40));
    for (const values of [float32, float64]) {
      expect(values[0]).toBe(1000);
      expect(values[1]).toBe(88);
      expect(values[2]! / Math.exp(-40)).toBeCloseTo(1, 5);
    }
  });
});

describe("leakyRelu", () => {
  it("refuses a slope that is not a number", () => {
    expect(() => leakyRelu(graphInput("x", [1]), Number.NaN)).toThrow(/slope NaN/);
  });
});
