import { describe, expect, it } from "vitest";
import { evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { evaluate, gradients, graphInput, type Tensor } from "../../engine/index.ts";
import { gaussianBits, gaussianLikelihood } from "./gaussian-conditional.ts";

/** The mass of a normal density on (v - 1/2, v + 1/2) by Simpson's rule: independent of any error function. */
function integrate(v: number, s: number): number {
  const steps = 4000;
  const density = (x: number): number => Math.exp(-0.5 * (x / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
  let sum = density(v - 0.5) + density(v + 0.5);
  for (let i = 1; i < steps; i++) sum += density(v - 0.5 + i / steps) * (i % 2 === 1 ? 4 : 2);
  return sum / (3 * steps);
}

const CASES = [0.11, 0.3, 1, 4.5, 60].flatMap((s) => [0, 0.2, -0.5, 1, -2, 3.7, 20].map((v) => [v, s] as const));
const value = graphInput("value", [CASES.length]);
const scale = graphInput("scale", [CASES.length]);
const FEEDS = { value: Float32Array.from(CASES, ([v]) => v), scale: Float32Array.from(CASES, ([, s]) => s) };

describe("gaussianLikelihood", () => {
  it("is the integral of the density, with relative precision in the tail, in float64 and in onnxruntime", async () => {
    const both = await evaluateBoth({ p: gaussianLikelihood(value, scale) }, FEEDS);
    CASES.forEach(([v, s], i) => {
      // Inputs are float32, which far out costs (v / s)^2 times their relative error.
      const expected = integrate(Math.fround(v), Math.max(Math.fround(s), Math.fround(0.11)));
      if (expected < 1e-30) return;
      const allowed = 1e-6 * (1 + (v / s) ** 2);
      expect(Math.abs(both.p!.float64[i]! / expected - 1), `float64 ${v} ${s}`).toBeLessThan(allowed);
      // Beyond the bound of 1e-9 only the order of magnitude matters. Near 0 both terms are near 1 and carry 6e-8 each.
      if (expected > 1e-9) {
        const difference = Math.abs(both.p!.float32[i]! - expected);
        expect(difference, `float32 ${v} ${s}`).toBeLessThan(20 * allowed * expected + 2e-7);
      }
    });
  });

  it("sums to 1 over the integers", () => {
    const integers = Array.from({ length: 201 }, (_, i) => i - 100);
    const p = gaussianLikelihood(graphInput("v", [201]), graphInput("s", [1]));
    for (const s of [0.11, 0.7, 12]) {
      const sum = evaluate({ p }, { v: integers, s: [s] }).p.data.reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });

  it("counts scales below the bound as the bound", () => {
    const p = gaussianLikelihood(graphInput("v", [2]), graphInput("s", [2]), { scaleBound: 0.25 });
    const result = evaluate({ p }, { v: [1, 1], s: [-3, 0.25] });
    expect(result.p.data[0]).toBe(result.p.data[1]);
    expect(result.p.data[0]).toBeGreaterThan(0);
  });
});

describe("gaussianBits", () => {
  it("is the negative logarithm of the likelihood, at most 29.9 bits each", () => {
    const bits = gaussianBits(graphInput("v", [2]), graphInput("s", [2]));
    const result = evaluate({ bits }, { v: [1, 1000], s: [1, 0.11] });
    expect(result.bits.data[0]).toBeCloseTo(-Math.log2(integrate(1, 1)) - Math.log2(1e-9), 5);
  });

  it("has the gradients of differences", () => {
    const v = graphInput("v", [1]);
    const s = graphInput("s", [1]);
    const bits = gaussianBits(v, s);
    const [toV, toS] = gradients(bits, [v, s]) as [Tensor, Tensor];
    for (const [x, y] of [
      [0.3, 0.5],
      [-1.4, 0.9],
      [6, 2.5],
      [0.1, 0.12],
    ] as const) {
      const at = (dv: number, ds: number): number => evaluate({ bits }, { v: [x + dv], s: [y + ds] }).bits.data[0]!;
      const result = evaluate({ toV, toS }, { v: [x], s: [y] });
      const step = 1e-5;
      expect(result.toV.data[0]).toBeCloseTo((at(step, 0) - at(-step, 0)) / (2 * step), 5);
      expect(result.toS.data[0]).toBeCloseTo((at(0, step) - at(0, -step)) / (2 * step), 5);
    }
  });
});
