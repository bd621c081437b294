/** What the loss makes of bits and pictures, against the measures of the evaluation. */
import { describe, expect, it } from "vitest";
import { DISTORTIONS, type Distortion } from "../src/distortion.ts";
import { evaluate, type FloatArray, graphInput } from "../src/engine/index.ts";
import { msSsim, psnr } from "../src/evaluate/index.ts";
import type { Image } from "../src/image/image.ts";
import { toPlanar } from "../src/image/planar.ts";
import { rateDistortion } from "../src/objective/rate-distortion.ts";
import { texturedPicture } from "./support/textured-picture.ts";

const [WIDTH, HEIGHT] = [176, 161];
const BITS = 12345;
const LAMBDAS = [0.003, 0.2];
/** Two pictures, and what came back of them: the second one is worse. */
const originals = [texturedPicture(WIDTH, HEIGHT, 0, 1), texturedPicture(WIDTH, HEIGHT, 0, 2)] as const;
const decoded = [texturedPicture(WIDTH, HEIGHT, 6, 1), texturedPicture(WIDTH, HEIGHT, 40, 2)] as const;

const squaredError = (i: 0 | 1): number => 255 ** 2 * 10 ** (-psnr(originals[i], decoded[i]) / 10);
const unlike = (i: 0 | 1): number => 1 - msSsim(originals[i], decoded[i]);
const expectedOf: Readonly<Record<Distortion, (i: 0 | 1) => number>> = {
  mse: squaredError,
  "ms-ssim": unlike,
  "ms-ssim+mse": (i) => 0.1 * squaredError(i) + 0.9 * 1280 * unlike(i),
};

function batchOf(images: readonly Image[]): Float32Array {
  const data = new Float32Array(images.length * 3 * WIDTH * HEIGHT);
  for (const [i, image] of images.entries()) data.set(toPlanar(image), i * 3 * WIDTH * HEIGHT);
  return data;
}

function lossOf(distortion: Distortion, lambdas: readonly number[] | null): number {
  const shape = [2, 3, HEIGHT, WIDTH];
  const result = { reconstruction: graphInput("decoded", shape), bits: graphInput("bits", []) };
  const weights = lambdas === null ? null : graphInput("lambdas", [2]);
  const { loss } = rateDistortion(result, graphInput("image", shape), { lambda: 0.05, distortion }, weights);
  const feeds: Record<string, FloatArray["data"]> = {
    decoded: batchOf(decoded),
    image: batchOf(originals),
    bits: Float32Array.of(BITS),
    ...(lambdas === null ? {} : { lambdas: Float32Array.from(lambdas) }),
  };
  return evaluate({ loss }, feeds).loss.data[0]!;
}

describe.each(DISTORTIONS)("the loss with the distortion %s", (distortion) => {
  const bitsPerPixel = BITS / (2 * WIDTH * HEIGHT);
  const distortions = [expectedOf[distortion](0), expectedOf[distortion](1)] as const;

  it("is bits per pixel and lambda times the mean of the images", () => {
    const expected = bitsPerPixel + (0.05 * (distortions[0] + distortions[1])) / 2;
    expect(lossOf(distortion, null) / expected).toBeCloseTo(1, 5);
  });

  it("weighs each image by its own lambda", () => {
    const expected = bitsPerPixel + (LAMBDAS[0]! * distortions[0] + LAMBDAS[1]! * distortions[1]) / 2;
    expect(lossOf(distortion, LAMBDAS) / expected).toBeCloseTo(1, 5);
  });
});
