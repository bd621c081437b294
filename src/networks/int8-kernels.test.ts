import { describe, expect, it } from "vitest";
import {
  CounterRandom,
  defineGraph,
  evaluate,
  type FloatArray,
  gradients,
  graphInput,
  multiply,
  reduceSum,
} from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openSession } from "../engine/runtime/session.ts";
import { createNetwork } from "./create-network.ts";
import { fromInt8, INT8_LIMIT, int8Choice, throughInt8, toInt8 } from "./int8-kernels.ts";

/** A kernel whose slices differ in size by powers of ten; the third is 0. */
function kernelOf(shape: readonly [number, number, number, number], seed: number): FloatArray {
  const length = shape[1] * shape[2] * shape[3];
  const data = new Float32Array(shape[0] * length);
  new CounterRandom(seed).fillUniform(data, 0, 0);
  return {
    shape,
    data: data.map((value, i) => (Math.floor(i / length) === 2 ? 0 : value * 10 ** -Math.floor(i / length))),
  };
}

describe("a kernel as 8-bit integers", () => {
  it("is off by at most half a scale, uses all integers at each tap, and is rounded once", () => {
    const kernel = kernelOf([5, 7, 3, 3], 3);
    const stored = toInt8(kernel);
    const read = fromInt8(stored);
    expect(read.shape).toEqual(kernel.shape);
    expect(stored.scales).toHaveLength(5 * 9);
    const scaleOf = (i: number): number => 9 * Math.floor(i / 63) + (i % 9);
    const most = new Float32Array(5 * 9);
    for (const [i, value] of stored.values.entries()) {
      most[scaleOf(i)] = Math.max(most[scaleOf(i)]!, Math.abs(value));
      const scale = stored.scales[scaleOf(i)]!;
      // The rounding of float32 comes on top: a part in 2^23 of up to 127 scales.
      expect(Math.abs(read.data[i]! - kernel.data[i]!)).toBeLessThanOrEqual(0.5001 * scale);
    }
    expect([...most]).toEqual([...most].map((_, scale) => (Math.floor(scale / 9) === 2 ? 0 : INT8_LIMIT)));
    const again = toInt8(read, stored.scales);
    expect(again.values).toEqual(stored.values);
    expect(fromInt8(again).data).toEqual(read.data);
  });

  it("is to training what it is in a file, in the reference and in onnxruntime; gradients pass as they are", async () => {
    const kernel = kernelOf([6, 5, 3, 3], 8);
    const input = graphInput("kernel", kernel.shape);
    const factors = kernelOf([6, 5, 3, 3], 9);
    const slope = graphInput("slope", kernel.shape);
    const rounded = throughInt8(input);
    const [gradient] = gradients(reduceSum(multiply(rounded, slope)), [input]);
    if (gradient === undefined) throw new Error("no gradient");
    const graph = defineGraph({ rounded, gradient });
    const feeds = new Map([
      ["kernel", kernel],
      ["slope", factors],
    ]);
    const expected = fromInt8(toInt8(kernel)).data;
    const session = await openSession(exportOnnx(graph));
    const results = await session.run(feeds);
    await session.close();
    expect(results.get("rounded")?.data).toEqual(expected);
    expect(results.get("gradient")?.data).toEqual(factors.data);
    // The reference computes in float64: the same integers, other roundings of the scale.
    const reference = evaluate({ rounded }, { kernel: kernel.data }).rounded.data;
    for (const [i, value] of expected.entries()) {
      expect(Math.abs(value - reference[i]!)).toBeLessThanOrEqual(1e-6 * Math.abs(value));
    }
  });

  it("is chosen where it has several taps and the codec computes it as floats", () => {
    const network = createNetwork({
      type: "halfstep",
      N: 8,
      M: 12,
      structure: { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 2, bypass: true },
    });
    const chosen = int8Choice(network);
    expect(chosen("ga.fine.block0.conv1.weight", [8, 8, 3, 3])).toBe(true);
    expect(chosen("gs.fine.block0.conv1.weight", [8, 8, 3, 3])).toBe(true);
    expect(chosen("ha.conv1.weight", [8, 8, 3, 3])).toBe(true);
    expect(chosen("hs.conv0.weight", [8, 8, 3, 3])).toBe(false);
    expect(chosen("ga.bypass.weight", [12, 768, 1, 1])).toBe(false);
    expect(chosen("z.density.matrix1", [8, 3, 3])).toBe(false);
    const simple = int8Choice(createNetwork({ type: "factorized-prior", N: 4, M: 6 }));
    expect(simple("gs.deconv0.weight", [6, 4, 5, 5])).toBe(true);
  });
});
