/** Convolutions with blocked channels against the float64 reference, where this processor has the kernels. */

import { onnx } from "onnx-proto";
import { describe, expect, it } from "vitest";
import { evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { gradients } from "../gradients/gradients.ts";
import { defineGraph } from "../graph/graph.ts";
import { BLOCKED_DOMAIN } from "../graph/layout.ts";
import { elementCount, type Shape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { exportOnnx } from "../onnx/export.ts";
import { CounterRandom } from "../random.ts";
import { channelBlockSize } from "../runtime/channel-block.ts";
import { add, divide, multiply, subtract } from "./arithmetic.ts";
import { blockedChannels } from "./blocked-lowerings.ts";
import { reduceSum } from "./broadcast.ts";
import { greater, select } from "./compare.ts";
import { type ConvTranspose2dOptions, conv2d, convTranspose2d } from "./convolution.ts";
import { leakyRelu, sqrt, square } from "./functions.ts";
import { stopGradient } from "./gradient-control.ts";
import { slice } from "./slicing.ts";
import { graphInput } from "./sources.ts";

const channelBlock = await channelBlockSize();
const random = new CounterRandom(7);
/** Float32 results may differ from float64 by this, relative to the largest element. */
const TOLERANCE = 2e-6;

interface Case {
  readonly title: string;
  readonly op: typeof conv2d | typeof convTranspose2d;
  readonly x: Shape;
  readonly kernel: Shape;
  readonly options: ConvTranspose2dOptions;
}

const cases: readonly Case[] = [
  { title: "5x5, stride 2", op: conv2d, x: [2, 16, 8, 12], kernel: [32, 16, 5, 5], options: { stride: 2, padding: 2 } },
  { title: "an odd size", op: conv2d, x: [2, 32, 7, 9], kernel: [16, 32, 5, 5], options: { stride: 2, padding: 2 } },
  { title: "rows left out", op: conv2d, x: [1, 16, 8, 8], kernel: [16, 16, 2, 2], options: { stride: 3 } },
  { title: "3x3, stride 1", op: conv2d, x: [3, 16, 5, 6], kernel: [48, 16, 3, 3], options: { padding: 1 } },
  { title: "1x1", op: conv2d, x: [2, 32, 4, 4], kernel: [16, 32, 1, 1], options: {} },
  { title: "3 channels", op: conv2d, x: [2, 3, 8, 8], kernel: [16, 3, 5, 5], options: { stride: 2, padding: 2 } },
  { title: "17 images", op: conv2d, x: [17, 16, 4, 4], kernel: [16, 16, 3, 3], options: { stride: 2, padding: 1 } },
  { title: "dilation", op: conv2d, x: [2, 16, 8, 8], kernel: [16, 16, 3, 3], options: { dilation: 2, padding: 2 } },
  {
    title: "transposed 5x5, stride 2",
    op: convTranspose2d,
    x: [2, 32, 4, 5],
    kernel: [32, 16, 5, 5],
    options: { stride: 2, padding: 2, outputPadding: 1 },
  },
  {
    title: "transposed 4x4, stride 3 without a plan for phases",
    op: convTranspose2d,
    x: [1, 16, 4, 4],
    kernel: [16, 16, 4, 4],
    options: { stride: 3 },
  },
  {
    title: "transposed 3x3, stride 1",
    op: convTranspose2d,
    x: [2, 16, 5, 4],
    kernel: [16, 32, 3, 3],
    options: { padding: 1 },
  },
];

function feedsFor(tensors: Readonly<Record<string, Tensor>>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }], stream) => {
      const values = new Float32Array(elementCount(shape));
      random.fillUniform(values, 0, stream, -1, 1);
      return [name, values];
    }),
  );
}

function blockedNodes(outputs: Readonly<Record<string, Tensor>>): string[] {
  const model = onnx.ModelProto.decode(exportOnnx(defineGraph(outputs), { blocked: blockedChannels(channelBlock) }));
  return (model.graph?.node ?? []).filter(({ domain }) => domain === BLOCKED_DOMAIN).map(({ opType }) => opType ?? "");
}

async function expectEqual(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Record<string, Float32Array>,
): Promise<void> {
  for (const [name, { float32, float64 }] of Object.entries(
    await evaluateBoth(outputs, feeds, { blocked: blockedChannels(channelBlock) }),
  )) {
    const scale = float64.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    const worst = float64.reduce((most, value, i) => Math.max(most, Math.abs(value - float32[i]!)), 0);
    expect(worst / scale, name).toBeLessThan(TOLERANCE);
  }
}

describe.skipIf(channelBlock === 1)("convolutions with blocked channels", () => {
  it.each(cases)("give what float64 gives, with all gradients: $title", async ({ op, x, kernel, options }) => {
    const inputs = { x: graphInput("x", x), kernel: graphInput("kernel", kernel) };
    const channels = op === conv2d ? kernel[0] : kernel[1];
    const bias = graphInput("bias", [channels as number]);
    const y = op(inputs.x, inputs.kernel, { ...options, bias });
    const weights = graphInput("weights", y.shape);
    const loss = reduceSum(multiply(square(y), weights));
    const [toX, toKernel, toBias] = gradients(loss, [inputs.x, inputs.kernel, bias]) as [Tensor, Tensor, Tensor];
    const outputs = { y, toX, toKernel, toBias };
    expect(blockedNodes(outputs)).toContain("Conv");
    await expectEqual(outputs, feedsFor({ ...inputs, bias, weights }));
  });

  it("keep the layout through element-wise ops, and leave it for the others", async () => {
    const x = graphInput("x", [2, 32, 4, 4]);
    const kernel = graphInput("kernel", [32, 32, 1, 1]);
    const channelwise = graphInput("channelwise", [32, 1, 1]);
    const first = conv2d(square(x), square(kernel));
    const root = sqrt(add(first, 1));
    const normalized = divide(subtract(x, stopGradient(first)), root);
    const chosen = select(greater(normalized, 0.1), leakyRelu(normalized, 0.01), multiply(x, 3));
    const second = conv2d(multiply(chosen, channelwise), kernel);
    const part = slice(second, { axes: [1], starts: [3], ends: [20] });
    const loss = reduceSum(multiply(part, part));
    const [toX, toKernel] = gradients(loss, [x, kernel]) as [Tensor, Tensor];
    await expectEqual({ second, toX, toKernel }, feedsFor({ x, kernel, channelwise }));
    // The convolution's input and filter, x for the division, and the result: nothing between them is converted.
    const conversions = blockedNodes({ y: divide(x, root) }).filter((type) => type !== "Conv");
    expect(conversions).toEqual(["ReorderInput", "ReorderInput", "ReorderInput", "ReorderOutput"]);
  });

  it("are refused for an open image size", () => {
    const graph = defineGraph({ y: conv2d(graphInput("x", [1, 16, 8, 8]), graphInput("w", [16, 16, 3, 3])) });
    expect(() => exportOnnx(graph, { openImageSize: true, blocked: blockedChannels(16) })).toThrow(RangeError);
  });
});

describe("channelBlockSize", () => {
  it("is 1, 8 or 16", () => {
    expect([1, 8, 16]).toContain(channelBlock);
  });
});
