import { describe, expect, it } from "vitest";
import { evaluate } from "../reference/evaluate.ts";
import { matMul } from "./matmul.ts";
import { graphInput } from "./sources.ts";

describe("matMul", () => {
  it("multiplies matrices", () => {
    const a = graphInput("a", [2, 3]);
    const b = graphInput("b", [2, 3]);
    const { y } = evaluate(
      { y: matMul(a, b, { transposeB: true }) },
      { a: [1, 2, 3, 4, 5, 6], b: [1, 0, -1, 2, 1, 0] },
    );
    expect(y?.shape).toEqual([2, 2]);
    expect([...y.data]).toEqual([-2, 4, -2, 13]);
  });

  it("refuses inner sizes that differ, batches that do not broadcast and vectors", () => {
    expect(() => matMul(graphInput("a", [2, 3]), graphInput("b", [2, 3]))).toThrow(/2x3 times 2x3/);
    expect(() => matMul(graphInput("a", [2, 4, 3]), graphInput("b", [3, 3, 4]))).toThrow(/do not broadcast/);
    expect(() => matMul(graphInput("a", [3]), graphInput("b", [3, 2]))).toThrow(/at least two axes/);
  });
});
