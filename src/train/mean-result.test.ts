import { describe, expect, it } from "vitest";
import { meanResult } from "./mean-result.ts";

describe("meanResult", () => {
  const result = { loss: 4, bitsPerPixel: 1, meanSquaredError: 0.1 };

  it("weights parts by their images, MS-SSIM as well where there is one", () => {
    const other = { loss: 1, bitsPerPixel: 0.4, meanSquaredError: 0.4 };
    const mean = meanResult([
      { images: 8, result: { ...result, msSsim: 0.9 } },
      { images: 4, result: { ...other, msSsim: 0.6 } },
    ]);
    expect(mean).toEqual({
      loss: expect.closeTo(3, 12),
      bitsPerPixel: expect.closeTo(0.8, 12),
      meanSquaredError: expect.closeTo(0.2, 12),
      msSsim: expect.closeTo(0.8, 12),
      gradientNorm: 0,
    });
    expect(meanResult([{ images: 3, result }])).not.toHaveProperty("msSsim");
  });

  it("refuses to average nothing", () => {
    expect(() => meanResult([])).toThrow(RangeError);
  });
});
