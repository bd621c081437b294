/** MS-SSIM that networks are trained for is MS-SSIM that they are judged by. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { arrayOf, defineGraph, evaluate, graphInput } from "../src/engine/index.ts";
import { exportOnnx } from "../src/engine/onnx/export.ts";
import { openSession } from "../src/engine/runtime/session.ts";
import { msSsim as msSsimOfImages } from "../src/evaluate/index.ts";
import type { Image } from "../src/image/image.ts";
import { toPlanar } from "../src/image/planar.ts";
import { readImage } from "../src/image/read-image.ts";
import { msSsim } from "../src/objective/ms-ssim.ts";
import { texturedPicture } from "./support/textured-picture.ts";

/** Mean MS-SSIM of pairs of images of one size, in float32 by onnxruntime. */
async function trainedFor(pairs: readonly (readonly [Image, Image])[]): Promise<number> {
  const [{ width, height }] = pairs[0] as readonly [Image, Image];
  const shape = [pairs.length, 3, height, width];
  const batch = (side: 0 | 1): { data: Float32Array; shape: readonly number[] } => {
    const data = new Float32Array(pairs.length * 3 * height * width);
    for (const [i, pair] of pairs.entries()) data.set(toPlanar(pair[side]), i * 3 * height * width);
    return { data, shape };
  };
  const value = msSsim(graphInput("x", shape), graphInput("y", shape));
  const session = await openSession(exportOnnx(defineGraph({ value })));
  try {
    const results = await session.run(
      new Map([
        ["x", batch(0)],
        ["y", batch(1)],
      ]),
    );
    return arrayOf(results, "value").data[0]!;
  } finally {
    await session.close();
  }
}

describe("MS-SSIM of training", () => {
  it.each([
    [192, 192, 8],
    [192, 192, 60],
    [256, 192, 25],
    // Odd sides at one scale or another, in both directions.
    [161, 161, 25],
    [175, 203, 25],
    [188, 226, 3],
  ])("is that of the evaluation, %i x %i with noise of %i levels", async (width, height, noise) => {
    const [a, b] = [texturedPicture(width, height, 0, 1), texturedPicture(width, height, noise, 2)];
    const expected = msSsimOfImages(a, b);
    expect(expected).toBeLessThan(0.9999);
    expect(Math.abs((await trainedFor([[a, b]])) - expected)).toBeLessThan(1e-6);
  });

  it("is that of the evaluation in float64, up to pixels and a window that are rounded to float32", () => {
    const [a, b] = [texturedPicture(161, 161, 0, 1), texturedPicture(161, 161, 25, 2)];
    const shape = [1, 3, 161, 161];
    const outputs = { value: msSsim(graphInput("x", shape), graphInput("y", shape)) };
    const { value } = evaluate(outputs, { x: toPlanar(a), y: toPlanar(b) });
    expect(value.data[0]).toBeCloseTo(msSsimOfImages(a, b), 7);
  });

  it("is that of the evaluation for a photograph, coarsened and darkened", async () => {
    const { image: photograph } = await readImage(path.resolve(import.meta.dirname, "../samples/brushes.png"));
    for (const change of [(level: number) => level - (level % 24), (level: number) => 0.7 * level]) {
      const changed = { ...photograph, data: photograph.data.map(change) };
      const expected = msSsimOfImages(photograph, changed);
      expect(expected).toBeLessThan(0.999);
      expect(Math.abs((await trainedFor([[photograph, changed]])) - expected)).toBeLessThan(1e-6);
    }
  });

  it("is the mean over the images of a batch", async () => {
    const clean = texturedPicture(161, 170, 0, 1);
    const pairs = [20, 50].map((noise, i) => [clean, texturedPicture(161, 170, noise, i + 2)] as const);
    const expected = pairs.reduce((sum, [a, b]) => sum + msSsimOfImages(a, b) / 2, 0);
    expect(Math.abs((await trainedFor(pairs)) - expected)).toBeLessThan(1e-6);
  });
});
