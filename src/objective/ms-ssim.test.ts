/** Gradients and limits of MS-SSIM; that its values are those of the evaluation is tested in test/ms-ssim.test.ts. */
import { describe, expect, it } from "vitest";
import { texturedPicture } from "../../test/support/textured-picture.ts";
import {
  arrayOf,
  CounterRandom,
  constant,
  defineGraph,
  evaluate,
  type FloatArray,
  gradients,
  graphInput,
  multiply,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openSession } from "../engine/runtime/session.ts";
import type { Image } from "../image/image.ts";
import { toPlanar } from "../image/planar.ts";
import { LEAST_SIMILARITY, MS_SSIM_LEAST_SIDE, msSsim } from "./ms-ssim.ts";

/** Runs a graph of the inputs x and y in float32. */
async function run32(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: ReadonlyMap<string, FloatArray>,
): Promise<ReadonlyMap<string, FloatArray>> {
  const session = await openSession(exportOnnx(defineGraph(outputs)));
  try {
    return await session.run(new Map(feeds));
  } finally {
    await session.close();
  }
}

describe("msSsim", () => {
  it("has the gradient of differences in float64", () => {
    const shape = [1, 1, 161, 163];
    const [x, y] = [graphInput("x", shape), graphInput("y", shape)];
    const value = msSsim(x, y);
    const [gradient] = gradients(value, [x]) as [Tensor];
    const channel = (image: Image): Float64Array => Float64Array.from(toPlanar(image).subarray(0, 161 * 163));
    const [a, b] = [channel(texturedPicture(163, 161, 30, 4)), channel(texturedPicture(163, 161, 0, 5))];
    const found = evaluate({ gradient }, { x: a, y: b }).gradient.data as Float64Array;
    const direction = new Float32Array(a.length);
    new CounterRandom(8).fillUniform(direction, 0, 0, -1, 1);
    const step = 1e-4;
    const moved = (by: number): number => {
      const feeds = { x: a.map((level, i) => level + by * direction[i]!), y: b };
      return evaluate({ value }, feeds).value.data[0]!;
    };
    const difference = (moved(step) - moved(-step)) / (2 * step);
    const derivative = found.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect(Math.abs(derivative)).toBeGreaterThan(1e-3);
    expect(Math.abs(derivative / difference - 1)).toBeLessThan(1e-5);
  });

  describe("where images have nothing in common", () => {
    const shape = [1, 1, 161, 161];
    const [x, y] = [graphInput("x", shape), graphInput("y", shape)];
    const value = msSsim(x, y);
    const [gradient] = gradients(subtract(1, value), [x]) as [Tensor];
    const textured = texturedPicture(161, 161, 60, 9).data;
    const levels = Float32Array.from({ length: 161 ** 2 }, (_, i) => textured[3 * i]! / 255);
    const inverted = levels.map((level) => 1 - level);

    it("counts a similarity below the bound as the bound, and descent still brings the images together", () => {
      const result = evaluate({ value, gradient }, { x: inverted, y: levels });
      const slopes = result.gradient.data as Float64Array;
      expect(slopes.every(Number.isFinite)).toBe(true);
      // All five scales are at the bound; their exponents sum to 1.0001.
      expect(result.value.data[0]).toBeCloseTo(LEAST_SIMILARITY ** 1.0001, 9);
      // Downhill in 1 - MS-SSIM, the inverted image goes towards the other one.
      const towards = slopes.reduce((sum, g, i) => sum - g * (levels[i]! - inverted[i]!), 0);
      expect(towards).toBeGreaterThan(1e-3);
    });

    it.each([
      ["equal", levels, levels],
      ["black", levels.map(() => 0), levels.map(() => 0)],
      ["black and white", levels.map(() => 0), levels.map(() => 1)],
      ["flat and textured", levels.map(() => 0.5), levels],
    ])("has finite values and gradients for %s images", async (_name, a, b) => {
      const feeds = new Map([
        ["x", { data: a, shape }],
        ["y", { data: b, shape }],
      ]);
      const results = await run32({ value, gradient }, feeds);
      const similarity = arrayOf(results, "value").data[0]!;
      expect(similarity).toBeGreaterThan(0);
      expect(similarity).toBeLessThanOrEqual(1);
      expect(arrayOf(results, "gradient").data.every(Number.isFinite)).toBe(true);
    });
  });

  it("refuses sides that five scales do not fit into, and unequal shapes", () => {
    expect(MS_SSIM_LEAST_SIDE).toBe(161);
    const small = graphInput("small", [1, 3, 200, 160]);
    expect(() => msSsim(small, multiply(small, constant(1)))).toThrow("got 160 x 200 pixels, expected at least 161");
    expect(() => msSsim(small, graphInput("other", [1, 3, 160, 200]))).toThrow(RangeError);
  });
});
