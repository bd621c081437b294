import { describe, expect, it } from "vitest";
import { gaussianInformation } from "./gaussian-information.ts";

describe("the estimate of Gaussian latents", () => {
  const symbols = Int32Array.of(0, 1, -3, 12, 0);
  const scales = [0.05, 0.7, 2, 9, 300];

  it("is the same of scales and of their logarithms, bounded below alike", () => {
    const linear = gaussianInformation(symbols, Float32Array.from(scales), 0.11, "linear");
    const logarithms = gaussianInformation(symbols, Float32Array.from(scales, Math.log), 0.11, "log");
    expect(linear).toBeGreaterThan(15);
    expect(logarithms).toBeCloseTo(linear, 4);
    // The bound counts: at a scale of 0.05 the first symbol would be certain.
    expect(gaussianInformation(symbols, Float32Array.from(scales), 1, "linear")).toBeGreaterThan(linear + 1);
  });

  it("is finite for logarithms whose exponentials are not", () => {
    expect(gaussianInformation(Int32Array.of(0), Float32Array.of(1000), 0.11, "log")).toBeCloseTo(
      gaussianInformation(Int32Array.of(0), Float32Array.of(12), 0.11, "log"),
      9,
    );
  });
});
