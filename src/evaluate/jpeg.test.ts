import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { encodeJpeg, jpegAtMostBytes } from "./jpeg.ts";
import { psnr } from "./psnr.ts";

/** Waves and a little texture: compresses like a photograph. */
function picture(width: number, height: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [((i / 3) | 0) % width, (i / 3 / width) | 0];
    const texture = (Math.imul(x * 31 + y, 40503) >>> 8) % 17;
    data[i] = 120 + 60 * Math.sin(x / 9 + (i % 3)) + 40 * Math.cos(y / 7) + texture;
  }
  return { width, height, data };
}

describe("encodeJpeg", () => {
  it("writes a JPEG with the given subsampling, better and larger at higher quality", async () => {
    const image = picture(64, 48);
    const low = await encodeJpeg(image, { quality: 20 });
    const high = await encodeJpeg(image, { quality: 90, chromaSubsampling: "4:4:4" });
    expect((await sharp(low).metadata()).chromaSubsampling).toBe("4:2:0");
    expect((await sharp(high).metadata()).chromaSubsampling).toBe("4:4:4");
    expect(high.length).toBeGreaterThan(low.length);
    // On a few hundred bytes mozjpeg's progressive headers cost more than it saves, so this needs a larger picture.
    const large = picture(384, 256);
    const plain = await encodeJpeg(large, { quality: 20, mozjpeg: false });
    expect((await encodeJpeg(large, { quality: 20 })).length).toBeLessThan(plain.length);
  });

  it("refuses qualities outside 1..100", async () => {
    for (const quality of [0, 101, 50.5, Number.NaN]) {
      await expect(encodeJpeg(picture(8, 8), { quality })).rejects.toThrow(RangeError);
    }
  });
});

describe("jpegAtMostBytes", () => {
  it("finds the quality that fits where one more does not", async () => {
    const image = picture(96, 80);
    for (const bytes of [900, 1500, 4000]) {
      const jpeg = (await jpegAtMostBytes(image, bytes))!;
      expect(jpeg.bytes).toBeLessThanOrEqual(bytes);
      expect(jpeg.file).toEqual(await encodeJpeg(image, { quality: jpeg.quality }));
      expect(jpeg.bytes).toBe(jpeg.file.length);
      expect((await encodeJpeg(image, { quality: jpeg.quality + 1 })).length).toBeGreaterThan(bytes);
      expect([jpeg.decoded.width, jpeg.decoded.height]).toEqual([96, 80]);
      expect(psnr(jpeg.decoded, image)).toBeGreaterThan(20);
    }
  });

  it("reaches both ends of the range: quality 100 for any large size, null below quality 1", async () => {
    const image = picture(40, 40);
    expect((await jpegAtMostBytes(image, Number.POSITIVE_INFINITY))!.quality).toBe(100);
    const smallest = (await encodeJpeg(image, { quality: 1 })).length;
    expect((await jpegAtMostBytes(image, smallest))!.bytes).toBe(smallest);
    expect(await jpegAtMostBytes(image, smallest - 1)).toBeNull();
    await expect(jpegAtMostBytes(image, 0)).rejects.toThrow(RangeError);
  });
});
