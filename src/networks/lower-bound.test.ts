import { expect, it } from "vitest";
import { evaluate, gradients, graphInput, multiply, reduceSum, type Tensor } from "../engine/index.ts";
import { lowerBound } from "./lower-bound.ts";

it("lowerBound is a maximum whose gradient passes above the bound, at it, and below it when descent raises x", () => {
  const x = graphInput("x", [6]);
  const weights = graphInput("weights", [6]);
  const bounded = lowerBound(x, 0.25);
  const [toX] = gradients(reduceSum(multiply(bounded, weights)), [x]) as [Tensor];
  const result = evaluate({ bounded, toX }, { x: [1, 1, 0.25, 0.25, 0.125, 0.125], weights: [2, -2, 2, -2, 2, -2] });
  expect([...result.bounded.data]).toEqual([1, 1, 0.25, 0.25, 0.25, 0.25]);
  expect([...result.toX.data]).toEqual([2, -2, 2, -2, 0, -2]);
});
