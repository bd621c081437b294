import { describe, expect, it } from "vitest";
import { arrayOf, evaluate, type FloatArray } from "../engine/index.ts";
import { HalfstepError } from "../errors.ts";
import { initializeParameters } from "./initialize-parameters.ts";
import { constantValue, diagonal, kaimingUniform, uniform } from "./initializers.ts";
import { ParameterScope } from "./parameters.ts";

describe("ParameterScope", () => {
  it("names parameters by the dotted path and collects them in order", () => {
    const root = ParameterScope.training();
    const tensor = root.scope("ga").scope("conv0").parameter("weight", [2, 3], uniform(-1, 1));
    root.parameter("gain", [], constantValue(1));
    expect(root.specs.map(({ name, shape }) => [name, shape])).toEqual([
      ["ga.conv0.weight", [2, 3]],
      ["gain", []],
    ]);
    expect(root.tensors.get("ga.conv0.weight")).toBe(tensor);
    const fed = evaluate({ out: tensor }, { "parameter/ga.conv0.weight": [1, 2, 3, 4, 5, 6] });
    expect([...fed.out.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("refuses a name that was asked for before, also from another scope object, and empty names", () => {
    const root = ParameterScope.training();
    root.scope("a").parameter("b", [1], constantValue(0));
    expect(() => root.scope("a").parameter("b", [1], constantValue(0))).toThrow('"a.b" was asked for before');
    expect(() => root.parameter("", [1], constantValue(0))).toThrow(RangeError);
    expect(() => root.scope("")).toThrow(RangeError);
  });

  it("gives constants when frozen", () => {
    const weights = new Map<string, FloatArray>([["a.w", { shape: [2], data: Float32Array.of(3, 4) }]]);
    const tensor = ParameterScope.frozen(weights).scope("a").parameter("w", [2], constantValue(0));
    expect([...evaluate({ out: tensor }, {}).out.data]).toEqual([3, 4]);
  });

  it("refuses frozen weights that are missing or have another shape", () => {
    const weights = new Map<string, FloatArray>([["w", { shape: [2], data: Float32Array.of(3, 4) }]]);
    const codeOf = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return error instanceof HalfstepError ? error.code : "other";
      }
      return "none";
    };
    expect(codeOf(() => ParameterScope.frozen(weights).parameter("v", [2], constantValue(0)))).toBe("bad-weights");
    expect(codeOf(() => ParameterScope.frozen(weights).parameter("w", [1, 2], constantValue(0)))).toBe("bad-weights");
    expect(codeOf(() => ParameterScope.frozen(weights).parameter("w", [2], constantValue(0)))).toBe("none");
  });
});

describe("initializeParameters", () => {
  const scope = ParameterScope.training();
  scope.parameter("one", [64, 5], kaimingUniform(25));
  scope.parameter("two", [64, 5], kaimingUniform(25));
  scope.parameter("diagonal", [3, 3, 1, 1], diagonal(5, 0.5));
  scope.parameter("constant", [2], constantValue(-1));
  const data = (seed: number, name: string): number[] => [
    ...arrayOf(initializeParameters(scope.specs, seed), name).data,
  ];

  it("repeats for a seed and differs between seeds and between names", () => {
    expect(data(7, "one")).toEqual(data(7, "one"));
    expect(data(7, "one")).not.toEqual(data(8, "one"));
    expect(data(7, "one")).not.toEqual(data(7, "two"));
  });

  it("draws a parameter from its own name, whatever stands beside it", () => {
    const alone = ParameterScope.training();
    alone.parameter("two", [64, 5], kaimingUniform(25));
    expect([...arrayOf(initializeParameters(alone.specs, 7), "two").data]).toEqual(data(7, "two"));
  });

  it("fills the interval of the uniform distribution", () => {
    const values = data(3, "one");
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(0.2);
    // 320 values of U(-0.2, 0.2): the extremes miss 0.19 with probability 7e-8, the mean has a deviation of 0.0065.
    expect(Math.max(...values)).toBeGreaterThan(0.19);
    expect(Math.min(...values)).toBeLessThan(-0.19);
    expect(Math.abs(values.reduce((a, b) => a + b) / values.length)).toBeLessThan(0.03);
  });

  it("writes constants and diagonals and refuses a diagonal that is not square", () => {
    expect(data(0, "constant")).toEqual([-1, -1]);
    expect(data(0, "diagonal")).toEqual([5, 0.5, 0.5, 0.5, 5, 0.5, 0.5, 0.5, 5]);
    const wrong = [{ name: "d", shape: [2, 3], initializer: diagonal(1, 0) }];
    expect(() => initializeParameters(wrong, 0)).toThrow(RangeError);
  });
});
