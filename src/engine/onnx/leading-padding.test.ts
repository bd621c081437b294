import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { conv2d, convTranspose2d, defineGraph, type Graph, graphInput } from "../index.ts";
import { openSession } from "../runtime/session.ts";
import { arrayOf } from "../session.ts";
import { exportOnnx } from "./export.ts";
import { withLeadingPadding } from "./leading-padding.ts";

const CHANNELS = 16;
const KERNEL = Float32Array.from({ length: 2 * CHANNELS * 25 }, (_, i) => ((i * 7919) % 31) - 15);

/** A transposed convolution by its phases, one of which has padding after and none before. */
function transposed(height: number, width: number): Graph {
  const kernel = graphInput("kernel", [2, CHANNELS, 5, 5]);
  const x = graphInput("x", [1, 2, height, width]);
  return defineGraph({ out: convTranspose2d(x, kernel, { stride: 2, padding: 2, outputPadding: 1 }) });
}

function padsOf(model: Uint8Array): string[] {
  const nodes = fromBinary(ModelProtoSchema, model).graph?.node ?? [];
  return nodes
    .filter(({ opType }) => opType === "Conv")
    .map(({ attribute }) => attribute.find(({ name }) => name === "pads")?.ints.join() ?? "none");
}

async function run(model: Uint8Array, height: number, width: number, data: Float32Array): Promise<Float32Array> {
  const session = await openSession(model);
  const kernel = { data: KERNEL, shape: [2, CHANNELS, 5, 5] };
  const outputs = await session.run(
    new Map([
      ["x", { data, shape: [1, 2, height, width] }],
      ["kernel", kernel],
    ]),
  );
  await session.close();
  return arrayOf(outputs, "out").data;
}

describe("a model for WebGPU", () => {
  it("has no convolution with padding after and none before", () => {
    const model = exportOnnx(transposed(2, 2));
    expect(padsOf(model)).toContain("0,0,1,1");
    expect(padsOf(withLeadingPadding(model))).toContain("1,0,1,1");
    expect(padsOf(withLeadingPadding(model))).not.toContain("0,0,1,1");
  });

  it("computes the same, for any size, open or fixed", async () => {
    const sides = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(sides, sides, fc.boolean(), async (height, width, openImageSize) => {
        const model = exportOnnx(transposed(height, width), { openImageSize });
        const data = Float32Array.from({ length: 2 * height * width }, (_, i) => ((i * 31) % 17) - 8);
        expect(await run(withLeadingPadding(model), height, width, data)).toEqual(
          await run(model, height, width, data),
        );
      }),
      { numRuns: 20 },
    );
  });

  it("is left alone where nothing is to be done", () => {
    const kernel = graphInput("kernel", [4, 2, 3, 3]);
    const model = exportOnnx(defineGraph({ out: conv2d(graphInput("x", [1, 2, 8, 8]), kernel, { padding: 1 }) }));
    expect(withLeadingPadding(model)).toBe(model);
  });
});
