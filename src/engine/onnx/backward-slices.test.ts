import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { convTranspose2d, defineGraph, graphInput } from "../index.ts";
import { openSession } from "../runtime/session.ts";
import { arrayOf } from "../session.ts";
import { withoutBackwardStarts } from "./backward-slices.ts";
import { exportOnnx } from "./export.ts";

/** Enough channels for phases, whose taps are taken backwards. */
const CHANNELS = 16;

function transposed(stride: 1 | 2, taps: 3 | 5): Uint8Array {
  const kernel = graphInput("kernel", [2, CHANNELS, taps, taps]);
  const x = graphInput("x", [1, 2, 4, 3]);
  const geometry = { stride, padding: (taps - 1) / 2, outputPadding: stride - 1 };
  return exportOnnx(defineGraph({ out: convTranspose2d(x, kernel, geometry) }));
}

/** For each axis of each Slice with a negative step: its start, and the end of the Slice that its data come from. */
function backwardStarts(
  model: Uint8Array,
): readonly { readonly start: bigint; readonly keptEnd: bigint | undefined }[] {
  const graph = fromBinary(ModelProtoSchema, model).graph;
  const nodes = graph?.node ?? [];
  const integers = (name = ""): readonly bigint[] =>
    graph?.initializer.find((tensor) => tensor.name === name)?.int64Data ?? [];
  return nodes
    .filter(({ opType }) => opType === "Slice")
    .flatMap(({ input: [data, starts, _, axes, steps] }) => {
      const before = nodes.find(({ output, opType }) => opType === "Slice" && output[0] === data);
      const keptEnds = new Map(integers(before?.input[3]).map((axis, i) => [axis, integers(before?.input[2])[i]]));
      return integers(steps).flatMap((step, i) =>
        step < 0n ? [{ start: integers(starts)[i]!, keptEnd: keptEnds.get(integers(axes)[i]!) }] : [],
      );
    });
}

async function run(model: Uint8Array, taps: number): Promise<Float32Array> {
  const session = await openSession(model);
  const array = (shape: readonly number[]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return { shape, data: Float32Array.from({ length }, (_, i) => ((i * 7919) % 31) - 15) };
  };
  const feeds = new Map([
    ["x", array([1, 2, 4, 3])],
    ["kernel", array([2, CHANNELS, taps, taps])],
  ]);
  const outputs = await session.run(feeds);
  await session.close();
  return arrayOf(outputs, "out").data;
}

describe("withoutBackwardStarts", () => {
  it.each([
    [2, 5],
    [1, 3],
  ] as const)(
    "lets slices of stride %i and %i taps begin at the last element, and computes the same",
    async (stride, taps) => {
      const model = transposed(stride, taps);
      const rewritten = withoutBackwardStarts(model);
      expect(backwardStarts(model).length).toBeGreaterThan(0);
      expect(backwardStarts(rewritten)).toHaveLength(backwardStarts(model).length);
      for (const { start, keptEnd } of backwardStarts(rewritten)) expect(keptEnd).toBe(start + 1n);
      expect(await run(rewritten, taps)).toEqual(await run(model, taps));
    },
  );

  it("leaves a model without such slices alone", () => {
    const model = exportOnnx(defineGraph({ out: graphInput("x", [1]) }));
    expect(withoutBackwardStarts(model)).toBe(model);
  });
});
