import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { decodeImage } from "../image/read-image.ts";
import { comparisonPicture } from "./comparison-picture.ts";

/** A slope with one bright block, so that the parts of it differ. */
function picture(width: number, height: number, shift = 0): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      data[at] = (255 * x) / width;
      data[at + 1] = (255 * y) / height;
      data[at + 2] = 128 + shift;
    }
  }
  return { width, height, data };
}

/** How often a colour occurs. */
function count({ data }: Image, colour: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] === colour[0] && data[i + 1] === colour[1] && data[i + 2] === colour[2]) found++;
  }
  return found;
}

const FRAME = [255, 196, 0];

describe("comparisonPicture", () => {
  it.each([
    ["landscape", 768, 512, 20 + 59 + 320 + 14 + 336 + 20],
    ["portrait", 512, 768, 20 + 59 + 480 + 14 + 336 + 20],
    ["small: enlarged, with a part", 200, 100, 20 + 59 + 200 + 14 + 300 + 20],
    ["tiny: enlarged, without a part", 20, 10, 20 + 59 + 240 + 20],
    ["a pixel", 1, 1, 20 + 59 + 32 + 20],
    ["a thread", 2000, 1, 20 + 59 + 1 + 14 + 3 + 20],
  ])("draws %s at its size", async (_name, width, height, expected) => {
    const [original, other] = [picture(width, height), picture(width, height, 9)];
    const { image } = await decodeImage(await comparisonPicture(original, other, other));
    expect([image.width, image.height]).toEqual([2 * 20 + 3 * 480 + 2 * 14, expected]);
    expect(count(image, FRAME) > 0).toBe(expected !== 20 + 59 + 240 + 20 && expected !== 20 + 59 + 32 + 20);
  });

  it("shows the part with the error pixel by pixel, three times as large", async () => {
    const original = picture(640, 480);
    const data = original.data.slice();
    for (let y = 300; y < 310; y++) data.fill(255, 3 * (y * 640 + 400), 3 * (y * 640 + 410));
    const { image } = await decodeImage(await comparisonPicture(original, { ...original, data }, undefined));
    expect([image.width, image.height]).toEqual([2 * 20 + 2 * 480 + 14, 20 + 59 + 360 + 14 + 336 + 20]);
    const white = [255, 255, 255];
    const part = { ...image, data: image.data.subarray(3 * image.width * (20 + 59 + 360 + 14)) };
    expect(count(part, white)).toBe(9 * 100);
  });

  it("writes different captions for different figures, and copes with names that are too long or foreign", async () => {
    const original = picture(64, 64);
    const decode = async (decodedBytes: number, decodedName: string): Promise<Image> =>
      (await decodeImage(await comparisonPicture(original, original, undefined, { decodedBytes, decodedName }))).image;
    const [first, again, other] = [await decode(1000, "a"), await decode(1000, "a"), await decode(1001, "a")];
    expect(Buffer.compare(first.data, again.data)).toBe(0);
    expect(Buffer.compare(first.data, other.data)).not.toBe(0);
    expect((await decode(1e12, "é".repeat(1000))).width).toBe(first.width);
  });

  it("refuses images of different sizes", async () => {
    await expect(comparisonPicture(picture(5, 4), picture(4, 5), undefined)).rejects.toThrow(RangeError);
  });
});
