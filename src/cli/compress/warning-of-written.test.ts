import { describe, expect, it } from "vitest";
import type { Image } from "../../image/image.ts";
import type { ModelInfo } from "../../node.ts";
import { mayComeBackBadly } from "./promised-psnr.ts";
import { roughness } from "./roughness.ts";

/** A grey picture of these levels, row by row. */
function grey(width: number, levels: readonly number[]): Image {
  return {
    width,
    height: levels.length / width,
    data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
  };
}

const named = (name: string): ModelInfo => ({ name }) as ModelInfo;

describe("roughness", () => {
  it("is half of the mean squared difference of neighbours", () => {
    // To the right: 2, 4, 0, 6; below: 1, 1, 1.
    expect(roughness(grey(3, [0, 2, 6, 1, 1, 7]))).toBeCloseTo(
      (2 ** 2 + 4 ** 2 + 0 ** 2 + 6 ** 2 + 1 ** 2 + 1 ** 2 + 1 ** 2) / 14,
      12,
    );
  });

  it("is 0 of a flat picture and of one pixel, and the whole variance of a chessboard", () => {
    expect(roughness(grey(4, Array(16).fill(9)))).toBe(0);
    expect(roughness(grey(1, [200]))).toBe(0);
    expect(roughness(grey(2, [0, 255, 255, 0]))).toBe(255 ** 2 / 2);
  });

  it("sees each colour by itself", () => {
    expect(roughness({ width: 2, height: 1, data: Uint8Array.of(10, 10, 10, 10, 16, 10) })).toBe(36 / 6);
  });
});

describe("mayComeBackBadly", () => {
  // 26.2 dB at the quality 50 are a squared error of 156.
  const lambda = 0.01431;

  it("clears smooth pictures of the shipped models", () => {
    expect(mayComeBackBadly(100, lambda, named("halfstep-1"))).toBe(false);
    expect(mayComeBackBadly(130, lambda, named("halfstep-1"))).toBe(true);
    expect(mayComeBackBadly(220, lambda, named("halfstep-2"))).toBe(false);
    expect(mayComeBackBadly(250, lambda, named("halfstep-2"))).toBe(true);
  });

  it("asks more of a picture at a higher quality", () => {
    expect(mayComeBackBadly(100, 0.128, named("halfstep-2"))).toBe(true);
    expect(mayComeBackBadly(100, 0.0016, named("halfstep-2"))).toBe(false);
  });

  it("clears nothing of a model that it does not know", () => {
    expect(mayComeBackBadly(0, lambda, named("mine"))).toBe(true);
  });
});
