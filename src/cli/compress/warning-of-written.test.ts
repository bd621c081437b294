import { describe, expect, it } from "vitest";
import type { Image } from "../../image/image.ts";
import { imageSource } from "../../image/image-rows.ts";
import type { Codec, EncodeResult, ModelInfo } from "../../node.ts";
import { mayComeBackBadly } from "./promised-psnr.ts";
import { roughness } from "./roughness.ts";
import { sampleOf } from "./sample-of-picture.ts";
import { warningOfWritten } from "./warning-of-written.ts";

/** A grey picture of these levels, row by row. */
function grey(width: number, levels: readonly number[]): Image {
  return {
    width,
    height: levels.length / width,
    data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
  };
}

const identified = (identity: string): ModelInfo => ({ identity: identity.padEnd(64, "0") }) as ModelInfo;
const [OLD, NEW] = [identified("49ed536df8cf749d"), identified("4405a6122a5bc41d")];

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

  it("passes over what is fully transparent", () => {
    const { data } = grey(3, [0, 10, 255, 20, 20, 0]);
    const alpha = Uint8Array.of(255, 1, 0, 255, 255, 0);
    // 0 - 10, 0 - 20, 10 - 20, 20 - 20.
    expect(roughness({ width: 3, height: 2, data, alpha })).toBeCloseTo((10 ** 2 + 20 ** 2 + 10 ** 2) / 8, 12);
    expect(roughness({ width: 3, height: 2, data, alpha: new Uint8Array(6) })).toBe(0);
  });

  it("sees each colour by itself", () => {
    expect(roughness({ width: 2, height: 1, data: Uint8Array.of(10, 10, 10, 10, 16, 10) })).toBe(36 / 6);
  });
});

describe("what is looked at", () => {
  it("is all of a small picture, and crops of a large one", async () => {
    const small = { ...grey(512, Array(512 * 512).fill(3)), alpha: new Uint8Array(512 * 512).fill(9) };
    const seen = await sampleOf(imageSource(small));
    expect([seen.isWhole, seen.image.width, seen.image.height, seen.image.data.length]).toEqual([
      true,
      512,
      512,
      3 * 512 * 512,
    ]);
    expect(Buffer.compare(seen.image.alpha!, small.alpha)).toBe(0);
    const { image, isWhole } = await sampleOf(imageSource(grey(513, Array(513 * 512).fill(3))));
    expect([image.width, image.height, image.data[7], image.alpha, isWhole]).toEqual([384, 256, 3, undefined, false]);
  });
});

describe("the warning", () => {
  const warn = async (levels: readonly number[]) => {
    const calls: string[] = [];
    const codec = {
      model: { ...NEW, distortion: "mse", isTrained: true, lambdaRange: null, lambda: 0.01431 },
      decodeRows: async () => {
        calls.push("decoded");
        return { bands: [{ top: 0, height: 64, data: new Uint8Array(3 * levels.length) }] };
      },
    } as unknown as Codec;
    const encoded = { bytes: new Uint8Array(1), quality: null } as EncodeResult;
    const warning = await warningOfWritten({
      codec,
      source: imageSource(grey(64, levels)),
      encoded,
      psnrDb: null,
      settings: {},
    });
    return { calls, warning };
  };

  it("is there for a rough picture that comes back badly; a smooth one is not decoded", async () => {
    const rough = await warn(Array.from({ length: 64 * 64 }, (_, i) => ((i ^ (i >> 6)) & 1) * 200));
    expect(rough).toEqual({ calls: ["decoded"], warning: expect.stringMatching(/^comes back at about \d/) });
    expect(await warn(Array.from({ length: 64 * 64 }, (_, i) => i % 64))).toEqual({ calls: [], warning: null });
  });
});

describe("mayComeBackBadly", () => {
  // 26.2 dB at the quality 50 are a squared error of 156.
  const lambda = 0.01431;

  it("clears smooth pictures of the shipped models", () => {
    expect(mayComeBackBadly(100, lambda, OLD)).toBe(false);
    expect(mayComeBackBadly(130, lambda, OLD)).toBe(true);
    expect(mayComeBackBadly(220, lambda, NEW)).toBe(false);
    expect(mayComeBackBadly(250, lambda, NEW)).toBe(true);
  });

  it("asks more of a picture at a higher quality", () => {
    expect(mayComeBackBadly(100, 0.128, NEW)).toBe(true);
    expect(mayComeBackBadly(100, 0.0016, NEW)).toBe(false);
  });

  it("clears nothing of a model that it does not know", () => {
    expect(mayComeBackBadly(0, lambda, identified("ff"))).toBe(true);
  });
});
