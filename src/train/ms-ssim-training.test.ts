/** Training for MS-SSIM: from the configuration to a lower loss and a more similar picture. */
import { describe, expect, it } from "vitest";
import { createTrainStep } from "./onnx-train-step.ts";
import { validateConfig } from "./parse-config.ts";

const STEPS = 40;
const LEARNING_RATE = 4e-3;
const SIDE = 192;

/** A picture of waves and squares, [1, 3, 192, 192] in 0..1. */
const batch = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [x, y, plane] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
  const squares = ((x >> 4) ^ (y >> 4)) & 1 ? 0.2 : -0.2;
  return 0.5 + squares + 0.2 * Math.sin(x / 7 + plane) + 0.08 * Math.cos(y / 5 - plane);
});

describe("training for MS-SSIM", () => {
  it("lowers the loss and raises the similarity, under real rounding as well", async () => {
    const config = validateConfig({
      data: "unused",
      distortion: "ms-ssim",
      network: { N: 6, M: 8 },
      crop: SIDE,
      batch: 1,
      steps: STEPS,
      optimizer: { learningRate: LEARNING_RATE, warmupSteps: 0 },
      emaDecay: 0,
    });
    const step = await createTrainStep(config);
    const before = await step.evaluate(batch, 1, SIDE);
    const losses: number[] = [];
    for (let t = 0; t < STEPS; t++) {
      const { loss, bitsPerPixel, msSsim, gradientNorm } = await step.run(batch, t, LEARNING_RATE);
      expect(Number.isFinite(gradientNorm)).toBe(true);
      expect(Math.abs(loss - bitsPerPixel - 16.64 * (1 - (msSsim as number)))).toBeLessThan(1e-4);
      losses.push(loss);
    }
    const after = await step.evaluate(batch, 1, SIDE);
    await step.dispose();
    expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
    expect(after.loss).toBeLessThan(0.8 * before.loss);
    expect(after.msSsim).toBeGreaterThan((before.msSsim as number) + 0.1);
  });
});
