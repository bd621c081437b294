import { describe, expect, it } from "vitest";
import { graphInput } from "../../engine/ops/sources.ts";
import { evaluate } from "../../engine/reference/evaluate.ts";
import { ParameterScope } from "../parameters.ts";
import { conv, deconv } from "./conv.ts";
import { causalMask, maskedConv } from "./masked-conv.ts";

describe("conv and deconv", () => {
  it("divide and multiply the image size exactly by the stride", () => {
    const x = graphInput("x", [2, 3, 16, 24]);
    const scope = ParameterScope.training();
    expect(conv(scope.scope("a"), x, { channels: 4, kernel: 5, stride: 2 }).shape).toEqual([2, 4, 8, 12]);
    expect(conv(scope.scope("b"), x, { channels: 4, kernel: 3 }).shape).toEqual([2, 4, 16, 24]);
    expect(deconv(scope.scope("c"), x, { channels: 4, kernel: 5, stride: 2 }).shape).toEqual([2, 4, 32, 48]);
    expect(deconv(scope.scope("d"), x, { channels: 4, kernel: 3 }).shape).toEqual([2, 4, 16, 24]);
  });

  it("start uniform within 1 / sqrt(fan-in), which PyTorch takes from the weight's second axis", () => {
    const x = graphInput("x", [1, 3, 16, 16]);
    const scope = ParameterScope.training();
    conv(scope.scope("a"), x, { channels: 4, kernel: 5 });
    deconv(scope.scope("b"), x, { channels: 4, kernel: 5 });
    const high = scope.specs.map(({ name, initializer }) => [name, initializer.kind === "uniform" && initializer.high]);
    expect(Object.fromEntries(high)).toEqual({
      "a.weight": 1 / Math.sqrt(75),
      "a.bias": 1 / Math.sqrt(75),
      "b.weight": 1 / Math.sqrt(100),
      "b.bias": 1 / Math.sqrt(100),
    });
  });
});

describe("maskedConv", () => {
  it("has a mask that ends before the centre (A) or with it (B)", () => {
    expect([...causalMask(3, "A")]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0]);
    expect([...causalMask(3, "B")]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it.each(["A", "B"] as const)("type %s depends on earlier positions only", (type) => {
    const width = 6;
    const scope = ParameterScope.training();
    const output = maskedConv(scope, graphInput("x", [1, 1, 5, width]), { channels: 1, kernel: 5, type });
    const weights = { "parameter/weight": Array.from({ length: 25 }, (_, i) => i + 1), "parameter/bias": [0] };
    const centre = 2 * width + 3;
    const run = (x: readonly number[]): Float64Array =>
      evaluate({ output }, { ...weights, x }).output?.data ?? new Float64Array(0);
    const before = run(new Array<number>(5 * width).fill(1));
    const after = run(Array.from({ length: 5 * width }, (_, i) => (i === centre ? 2 : 1)));
    const first = before.findIndex((value, i) => value !== after[i]);
    expect(first).toBe(type === "A" ? centre + 1 : centre);
  });
});
