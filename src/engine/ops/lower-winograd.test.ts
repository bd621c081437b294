/** 3x3 convolutions by Winograd's filtering against the float64 reference. */
import { onnx } from "onnx-proto";
import { describe, expect, it } from "vitest";
import { evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { defineGraph } from "../graph/graph.ts";
import { elementCount, type Shape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { exportOnnx } from "../onnx/export.ts";
import { CounterRandom } from "../random.ts";
import { evaluate } from "../reference/evaluate.ts";
import { openSession } from "../runtime/session.ts";
import { type ConvTranspose2dOptions, conv2d, convTranspose2d } from "./convolution.ts";
import { constant, graphInput } from "./sources.ts";

/** Float32 results may differ from float64 by this, relative to the largest element. The transforms add and subtract large numbers. */
const TOLERANCE = 2e-5;

const random = new CounterRandom(11);

function drawn(shape: Shape, stream: number): Float32Array {
  const values = new Float32Array(elementCount(shape));
  random.fillUniform(values, 0, stream, -1, 1);
  return values;
}

function expectClose(actual: Float32Array, expected: Float64Array): void {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
  expect(actual).toHaveLength(expected.length);
  expect(worst / scale).toBeLessThan(TOLERANCE);
}

/** Types of the nodes that a convolution becomes. */
function nodeTypes(y: Tensor): readonly string[] {
  const { graph } = onnx.ModelProto.decode(exportOnnx(defineGraph({ y }), { winograd: true }));
  return (graph?.node ?? []).map(({ opType }) => opType ?? "");
}

const isFiltered = (y: Tensor): boolean => nodeTypes(y).includes("DepthToSpace");

describe("a 3x3 convolution by Winograd's filtering", () => {
  it.each([
    { title: "whole tiles", op: conv2d, x: [1, 32, 8, 12], bias: false },
    { title: "whole tiles and a bias", op: conv2d, x: [1, 32, 8, 12], bias: true },
    { title: "one tile", op: conv2d, x: [1, 32, 4, 4], bias: true },
    { title: "less than a tile", op: conv2d, x: [1, 32, 1, 3], bias: true },
    { title: "parts of tiles", op: conv2d, x: [1, 32, 9, 6], bias: true },
    { title: "transposed", op: convTranspose2d, x: [1, 32, 8, 12], bias: true },
    { title: "transposed, parts of tiles", op: convTranspose2d, x: [1, 32, 7, 5], bias: false },
  ])("gives what float64 gives: $title", async ({ op, x, bias }) => {
    const out = 48;
    const kernel = graphInput("kernel", op === conv2d ? [out, 32, 3, 3] : [32, out, 3, 3]);
    const options = bias ? { padding: 1, bias: graphInput("bias", [out]) } : { padding: 1 };
    const y = op(graphInput("x", x), kernel, options);
    expect(isFiltered(y)).toBe(true);
    const feeds = { x: drawn(x, 0), kernel: drawn(kernel.shape, 1), bias: drawn([out], 2) };
    const both = await evaluateBoth({ y }, feeds, { winograd: true });
    expectClose(both.y!.float32, both.y!.float64);
  });

  it.each([
    [4, 4],
    [8, 20],
    [5, 7],
    [1, 2],
  ])("serves images of %i x %i where the size is open", async (height, width) => {
    const [kernel, bias] = [drawn([32, 32, 3, 3], 3), drawn([32], 4)];
    const of = (shape: Shape): Tensor => {
      const options = { padding: 1, bias: constant(bias, [32]) };
      const once = conv2d(graphInput("x", shape), constant(kernel, [32, 32, 3, 3]), options);
      return conv2d(once, constant(kernel, [32, 32, 3, 3]), options);
    };
    const session = await openSession(
      exportOnnx(defineGraph({ y: of([1, 32, 4, 4]) }), { openImageSize: true, winograd: true }),
    );
    const shape = [1, 32, height, width];
    const data = drawn(shape, 5);
    const y = (await session.run(new Map([["x", { data, shape }]]))).get("y");
    await session.close();
    expect(y?.shape).toEqual(shape);
    expectClose(y!.data, evaluate({ y: of(shape) }, { x: data }).y!.data);
  });

  it.each<{
    readonly title: string;
    readonly x: Shape;
    readonly kernel: Shape;
    readonly options: ConvTranspose2dOptions;
  }>([
    { title: "few channels", x: [1, 16, 8, 8], kernel: [32, 16, 3, 3], options: { padding: 1 } },
    { title: "few results", x: [1, 32, 8, 8], kernel: [3, 32, 3, 3], options: { padding: 1 } },
    { title: "several images", x: [2, 32, 8, 8], kernel: [32, 32, 3, 3], options: { padding: 1 } },
    { title: "a stride", x: [1, 32, 8, 8], kernel: [32, 32, 3, 3], options: { padding: 1, stride: 2 } },
    { title: "other padding", x: [1, 32, 8, 8], kernel: [32, 32, 3, 3], options: {} },
    { title: "groups", x: [1, 64, 8, 8], kernel: [64, 32, 3, 3], options: { padding: 1, groups: 2 } },
    { title: "5x5", x: [1, 32, 8, 8], kernel: [32, 32, 5, 5], options: { padding: 2 } },
  ])("is left to the runtime where it does not fit: $title", ({ x, kernel, options }) => {
    expect(isFiltered(conv2d(graphInput("x", x), graphInput("kernel", kernel), options))).toBe(false);
  });

  it("is left to the runtime unless it is asked for", () => {
    const y = conv2d(graphInput("x", [1, 32, 8, 8]), graphInput("kernel", [32, 32, 3, 3]), { padding: 1 });
    const { graph } = onnx.ModelProto.decode(exportOnnx(defineGraph({ y })));
    expect(graph?.node?.map(({ opType }) => opType)).toEqual(["Conv"]);
  });
});
