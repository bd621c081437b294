import { describe, expect, it } from "vitest";
import { defineGraph } from "../graph/graph.ts";
import { exportOnnx } from "../onnx/export.ts";
import { evaluate } from "../reference/evaluate.ts";
import { concat, pad, slice } from "./slicing.ts";
import { graphInput } from "./sources.ts";

const x = graphInput("x", [2, 3]);

describe("slice", () => {
  it("cuts half-open ranges and counts negative indices from the end", () => {
    const { y } = evaluate({ y: slice(x, { starts: [-2, 1], ends: [-1, 3] }) }, { x: [0, 1, 2, 3, 4, 5] });
    expect(y?.shape).toEqual([1, 2]);
    expect([...y.data]).toEqual([1, 2]);
  });

  it("costs no node when nothing is cut", () => {
    expect(slice(x, { starts: [0], ends: [3], axes: [1] })).toBe(x);
  });

  it("refuses empty ranges, ranges that leave the tensor, and lists of different lengths", () => {
    expect(() => slice(x, { starts: [1], ends: [1] })).toThrow(/expected a range that is not empty/);
    expect(() => slice(x, { starts: [0], ends: [4], axes: [1] })).toThrow(/axis 1 of \[2, 3\]/);
    expect(() => slice(x, { starts: [0, 0], ends: [1] })).toThrow(/2 starts, 1 ends/);
    expect(() => slice(x, { starts: [0], ends: [1], axes: [2] })).toThrow(/rank 2/);
  });

  it("refuses to write sizes of an image whose size is open", () => {
    const image = graphInput("image", [1, 3, 8, 8]);
    const graph = defineGraph({ y: slice(image, { starts: [1], ends: [7], axes: [2] }) });
    expect(() => exportOnnx(graph, { openImageSize: true })).toThrow(/open image size/);
  });
});

describe("pad", () => {
  it("puts zeros around the elements", () => {
    const { y } = evaluate({ y: pad(x, [1, 0], [0, 2]) }, { x: [1, 2, 3, 4, 5, 6] });
    expect(y?.shape).toEqual([3, 5]);
    expect([...y.data]).toEqual([0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0]);
  });

  it("refuses negative or missing counts", () => {
    expect(() => pad(x, [-1, 0], [0, 0])).toThrow(/one count of zeros for each axis/);
    expect(() => pad(x, [0], [0])).toThrow(/one count of zeros for each axis/);
  });
});

describe("concat", () => {
  it("puts tensors one after the other", () => {
    const { y } = evaluate(
      { y: concat([x, slice(x, { starts: [0], ends: [1], axes: [1] })], -1) },
      { x: [0, 1, 2, 3, 4, 5] },
    );
    expect([...y.data]).toEqual([0, 1, 2, 0, 3, 4, 5, 3]);
  });

  it("refuses no tensors and shapes that differ elsewhere", () => {
    expect(() => concat([], 0)).toThrow(/at least one/);
    expect(() => concat([x, graphInput("z", [3, 3])], 1)).toThrow(/differ only on axis 1/);
  });
});
