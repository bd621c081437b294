import { describe, expect, it } from "vitest";
import {
  CounterRandom,
  conv2d,
  divide,
  evaluate,
  gradients,
  graphInput,
  multiply,
  reduceSum,
  sqrt,
  type Tensor,
} from "../../engine/index.ts";
import { initializeParameters } from "../initialize-parameters.ts";
import { ParameterScope, parameterInputName } from "../parameters.ts";
import { gdn, inverseGdn, normalize } from "./gdn.ts";

const SHAPES = { x: [2, 3, 4, 5], gamma: [3, 3, 1, 1], beta: [3], weights: [2, 3, 4, 5] } as const;

function draw(count: number, stream: number, low: number, high: number): Float64Array {
  const data = new Float32Array(count);
  new CounterRandom(11).fillUniform(data, 0, stream, low, high);
  return Float64Array.from(data);
}

const FEEDS = {
  x: draw(120, 0, -3, 3),
  gamma: draw(9, 1, 0.05, 0.6),
  beta: draw(3, 2, 0.2, 2),
  weights: draw(120, 3, -1, 1),
};

describe.each(["divide", "multiply"] as const)("normalize, %s", (direction) => {
  const x = graphInput("x", SHAPES.x);
  const gamma = graphInput("gamma", SHAPES.gamma);
  const beta = graphInput("beta", SHAPES.beta);
  const weights = graphInput("weights", SHAPES.weights);
  const loss = reduceSum(multiply(normalize(x, gamma, beta, direction), weights));
  const ours = gradients(loss, [x, gamma, beta]) as [Tensor, Tensor, Tensor];

  it("has the gradients that automatic differentiation finds", () => {
    const root = sqrt(conv2d(multiply(x, x), gamma, { bias: beta }));
    const plain = reduceSum(multiply(direction === "divide" ? divide(x, root) : multiply(x, root), weights));
    const theirs = gradients(plain, [x, gamma, beta]) as [Tensor, Tensor, Tensor];
    const result = evaluate(
      { loss, plain, x0: ours[0], x1: theirs[0], g0: ours[1], g1: theirs[1], b0: ours[2], b1: theirs[2] },
      FEEDS,
    );
    for (const [a, b] of [
      ["loss", "plain"],
      ["x0", "x1"],
      ["g0", "g1"],
      ["b0", "b1"],
    ] as const) {
      const expected = result[b].data;
      result[a].data.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!), `${a} ${i}`).toBeLessThan(1e-11);
      });
    }
  });

  it("has the gradients of differences", () => {
    const result = evaluate({ "to x": ours[0], "to gamma": ours[1], "to beta": ours[2] }, FEEDS);
    const step = 1e-5;
    for (const name of ["x", "gamma", "beta"] as const) {
      for (const index of [0, 1, 2]) {
        const shifted = (by: number): number => {
          const moved = FEEDS[name].slice();
          moved[index] = moved[index]! + by;
          return evaluate({ loss }, { ...FEEDS, [name]: moved }).loss.data[0]!;
        };
        const difference = (shifted(step) - shifted(-step)) / (2 * step);
        expect(Math.abs(result[`to ${name}`].data[index]! - difference), `${name} ${index}`).toBeLessThan(1e-7);
      }
    }
  });
});

describe("gdn with parameters", () => {
  it.each([
    ["gdn", gdn, (x: number) => x / Math.sqrt(1 + 0.1 * x * x)],
    ["inverseGdn", inverseGdn, (x: number) => x * Math.sqrt(1 + 0.1 * x * x)],
  ] as const)("%s starts with beta 1 and gamma 0.1 on the diagonal", (_name, layer, expected) => {
    const scope = ParameterScope.training();
    const output = layer(scope.scope("n"), graphInput("x", [1, 4, 1, 2]));
    const weights = initializeParameters(scope.specs, 0);
    const feeds = Object.fromEntries([...weights].map(([name, { data }]) => [parameterInputName(name), data]));
    const x = [0.5, -1, 2, 4, -7, 0, 1, 3];
    const result = evaluate({ output }, { ...feeds, x });
    // The stored values are float32 and their squares are used: 1e-6.
    x.forEach((value, i) => {
      expect(Math.abs(result.output.data[i]! - expected(value))).toBeLessThan(1e-6 * (1 + Math.abs(expected(value))));
    });
  });

  it("stays finite when training pushes beta and gamma below zero", () => {
    const scope = ParameterScope.training();
    const output = gdn(scope, graphInput("x", [1, 2, 1, 1]));
    const feeds = { x: [0.5, 0], "parameter/gamma": [-1, -1, -1, -1], "parameter/beta": [-1, -1] };
    const result = evaluate({ output }, feeds);
    // beta = 1e-6 and gamma = 0: x / 1e-3, up to the float32 constants of the bound.
    expect(result.output.data[0]).toBeCloseTo(500, 1);
    expect(result.output.data[1]).toBe(0);
  });
});
