import { describe, expect, it } from "vitest";
import { defineGraph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { exportOnnx } from "../onnx/export.ts";
import { evaluate } from "../reference/evaluate.ts";
import { openSession } from "../runtime/session.ts";
import { arrayOf } from "../session.ts";
import { multiply } from "./arithmetic.ts";
import { reduceMean } from "./mean.ts";
import { depthToSpace, spaceToDepth } from "./resample.ts";
import { graphInput } from "./sources.ts";

function counting(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => i);
}

describe("spaceToDepth and depthToSpace", () => {
  it("put the pixel (dy, dx) of channel c into channel c * block^2 + dy * block + dx", () => {
    const { y } = evaluate({ y: spaceToDepth(graphInput("x", [1, 2, 4, 6]), 2) }, { x: counting(48) });
    expect(y?.shape).toEqual([1, 8, 2, 3]);
    for (let c = 0; c < 2; c++)
      for (let dy = 0; dy < 2; dy++)
        for (let dx = 0; dx < 2; dx++)
          for (let row = 0; row < 2; row++)
            for (let column = 0; column < 3; column++) {
              const pixel = (c * 4 + row * 2 + dy) * 6 + column * 2 + dx;
              expect(y.data[((c * 4 + dy * 2 + dx) * 2 + row) * 3 + column]).toBe(pixel);
            }
  });

  it("undo each other", () => {
    const there = spaceToDepth(graphInput("x", [2, 3, 6, 9]), 3);
    const { back } = evaluate({ back: depthToSpace(there, 3) }, { x: counting(324) });
    expect([...back.data]).toEqual([...counting(324)]);
  });

  it("serve images of every size when the size is left open, and so does the mean over an image", async () => {
    const build = (h: number, w: number): Tensor => {
      const blocks = spaceToDepth(graphInput("x", [1, 3, h, w]), 2);
      return depthToSpace(multiply(blocks, reduceMean(blocks, { axes: [2, 3], keepAxes: true })), 2);
    };
    const session = await openSession(exportOnnx(defineGraph({ y: build(4, 4) }), { openImageSize: true }));
    const x = counting(3 * 6 * 10).map((value) => value / 100);
    const results = await session.run(new Map([["x", { data: x, shape: [1, 3, 6, 10] }]]));
    await session.close();
    const expected = evaluate({ y: build(6, 10) }, { x }).y.data;
    const y = arrayOf(results, "y");
    expect(y.shape).toEqual([1, 3, 6, 10]);
    expected.forEach((value, i) => {
      expect(Math.abs(y.data[i]! - value)).toBeLessThan(2e-6);
    });
  });

  it("refuse sides and channels that the block does not divide", () => {
    expect(() => spaceToDepth(graphInput("x", [1, 1, 4, 5]), 2)).toThrow(/divisible by the block 2/);
    expect(() => depthToSpace(graphInput("x", [1, 6, 2, 2]), 2)).toThrow(/expected a multiple of 4/);
    expect(() => spaceToDepth(graphInput("x", [4, 4]), 2)).toThrow(/four axes/);
    expect(() => spaceToDepth(graphInput("x", [1, 1, 4, 4]), 1.5)).toThrow(/positive integer/);
  });
});
