import { describe, expect, it } from "vitest";
import { graphInput } from "../../engine/index.ts";
import { ParameterScope } from "../parameters.ts";
import { conv, deconv } from "./conv.ts";

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
