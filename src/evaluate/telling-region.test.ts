import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { tellingRegion } from "./telling-region.ts";

function grey(width: number, height: number): Image {
  return { width, height, data: new Uint8Array(3 * width * height).fill(100) };
}

/** The image with one pixel's green changed. */
function changed(image: Image, x: number, y: number, by: number): Image {
  const data = image.data.slice();
  data[3 * (y * image.width + x) + 1]! += by;
  return { ...image, data };
}

describe("tellingRegion", () => {
  it("contains the one error there is, and stays inside of the image, for any sizes", () => {
    const side = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(side, side, side, side, fc.nat(), fc.nat(), (width, height, regionWidth, regionHeight, at, up) => {
        const original = grey(width, height);
        const [x, y] = [at % width, up % height];
        const region = tellingRegion(original, [changed(original, x, y, 40)], {
          width: regionWidth,
          height: regionHeight,
        });
        expect(region).toMatchObject({ width: Math.min(regionWidth, width), height: Math.min(regionHeight, height) });
        expect(region.x + region.width).toBeLessThanOrEqual(width);
        expect(region.y + region.height).toBeLessThanOrEqual(height);
        // A region that is no multiple of the blocks may miss the rest of its last blocks.
        const [right, bottom] = [8 * Math.ceil(region.width / 8), 8 * Math.ceil(region.height / 8)];
        expect(x - region.x).toBeGreaterThanOrEqual(0);
        expect(x - region.x).toBeLessThan(right);
        expect(y - region.y).toBeGreaterThanOrEqual(0);
        expect(y - region.y).toBeLessThan(bottom);
      }),
    );
  });

  it("adds up the errors of all renditions", () => {
    const original = grey(64, 8);
    // 2 * 20^2 at the right is more than 25^2 in the middle; either rendition alone would choose the middle.
    const one = changed(changed(original, 60, 3, 20), 30, 3, 25);
    const two = changed(original, 60, 3, 20);
    expect(tellingRegion(original, [one], { width: 8, height: 8 }).x).toBe(24);
    expect(tellingRegion(original, [one, two], { width: 8, height: 8 }).x).toBe(56);
  });

  it("takes the first region where nothing is wrong", () => {
    expect(tellingRegion(grey(40, 30), [grey(40, 30)], { width: 16, height: 16 })).toEqual({
      x: 0,
      y: 0,
      width: 16,
      height: 16,
    });
  });
});
