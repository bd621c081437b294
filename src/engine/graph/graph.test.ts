import { describe, expect, it } from "vitest";
import { gradients } from "../gradients/gradients.ts";
import { add, multiply } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/broadcast.ts";
import { stopGradient, withGradient } from "../ops/gradient-control.ts";
import { constant, graphInput } from "../ops/sources.ts";
import { evaluate } from "../reference/evaluate.ts";
import { defineGraph } from "./graph.ts";

describe("defineGraph", () => {
  it("refuses two inputs of one name, which would feed one value to two places", () => {
    const sum = add(graphInput("x", [2]), graphInput("x", [2]));
    expect(() => defineGraph({ sum })).toThrow('two inputs are named "x"');
  });

  it("refuses an output that has the name of an input", () => {
    const x = graphInput("x", [2]);
    expect(() => defineGraph({ x: add(x, 1) })).toThrow('the output name "x"');
  });

  it("orders every tensor once and after its inputs, however deep the graph is", () => {
    let y = graphInput("x", []);
    for (let i = 0; i < 20_000; i++) y = add(y, y);
    const { order } = defineGraph({ y });
    expect(order).toHaveLength(20_001);
    expect(order.at(-1)).toBe(y);
  });
});

describe("gradients", () => {
  const x = graphInput("x", [2]);
  const values = (loss: Parameters<typeof gradients>[0]): number[] =>
    Array.from(evaluate({ g: gradients(loss, [x])[0] as typeof x }, { x: [3, -5] }).g.data);

  it("adds what reaches a tensor along several ways", () => {
    expect(values(reduceSum(add(multiply(x, x), multiply(x, 7))))).toEqual([13, -3]);
  });

  it("stops at stopGradient and follows withGradient's rule in place of the value's", () => {
    expect(values(reduceSum(multiply(stopGradient(x), x)))).toEqual([3, -5]);
    const custom = withGradient(multiply(x, 100), [x], (g) => [multiply(g, 2)]);
    expect(values(reduceSum(custom))).toEqual([2, 2]);
  });

  it("refuses a parameter that no gradient reaches, and a loss that is no scalar", () => {
    const unused = graphInput("unused", [2]);
    expect(() => gradients(reduceSum(multiply(x, stopGradient(unused))), [unused])).toThrow(
      "no gradient reaches tensor 0",
    );
    expect(() => gradients(x, [x])).toThrow("expected a scalar");
    expect(() => gradients(constant(1), [x])).toThrow("no gradient reaches");
  });
});
