import { describe, expect, it } from "vitest";
import { coordinateImage } from "../../../test/support/training-images.ts";
import { UsageError } from "../../errors.ts";
import { CropSampler } from "./crop-sampler.ts";
import { drawPicture } from "./drawn/draw-picture.ts";
import type { PackedImage } from "./manifest.ts";
import type { ImageCollection } from "./packed-dataset.ts";
import { splitDataset, ValidationCrops } from "./validation.ts";

/** Images in memory whose pixels tell their column, row and number. */
function collection(sizes: readonly (readonly [number, number])[]): ImageCollection {
  const images = sizes.map(([width, height], tag): PackedImage => {
    return { path: `image-${tag}.png`, shard: tag, offset: 0, width, height, sha256: "" };
  });
  return {
    images,
    readRegion: ({ width, height, shard }, left, top) => {
      return {
        bytes: coordinateImage(width, height, shard).data,
        start: 3 * (top * width + left),
        rowBytes: 3 * width,
      };
    },
  };
}

const values = (crop: number, batch: number): Float32Array => new Float32Array(batch * 3 * crop * crop);

describe("CropSampler", () => {
  const images = collection([
    [40, 30],
    [64, 64],
    [20, 100],
  ]);
  const options = { crop: 16, batch: 4, seed: 5 };

  it("gives the same batch for the same seed and step, in any order of calls", () => {
    const [first, again, other, seeded] = [0, 1, 2, 3].map(() => values(16, 4)) as Float32Array[] as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const sampler = new CropSampler(images, options);
    sampler.fill(7, first);
    sampler.fill(8, other);
    sampler.fill(7, again);
    new CropSampler(images, { ...options, seed: 6 }).fill(7, seeded);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(seeded).not.toEqual(first);
    new CropSampler(images, options).fill(7, again);
    expect(again).toEqual(first);
  });

  it("keeps giving the places that earlier versions gave", () => {
    // Pinned: a change makes stored runs unrepeatable.
    const sampler = new CropSampler(images, options);
    const places = [0, 1].map((index) => {
      const { image, left, top, window, flip } = sampler.place(3, index);
      return [image.path, left, top, window, flip];
    });
    expect(places).toMatchInlineSnapshot(`
      [
        [
          "image-1.png",
          26,
          26,
          17,
          true,
        ],
        [
          "image-1.png",
          11,
          17,
          22,
          true,
        ],
      ]
    `);
  });

  it("writes the pixels of the place that it reports", () => {
    const sampler = new CropSampler(images, { ...options, minScale: 1 });
    const out = values(16, 4);
    for (let step = 0; step < 20; step++) {
      sampler.fill(step, out);
      for (let index = 0; index < 4; index++) {
        const { image, left, top, window, flip } = sampler.place(step, index);
        expect(window).toBe(16);
        const at = (channel: number, y: number, x: number): number =>
          Math.round(255 * out[((index * 3 + channel) * 16 + y) * 16 + x]!);
        expect([at(0, 0, 0), at(0, 5, 15)]).toEqual(flip ? [left + 15, left] : [left, left + 15]);
        expect([at(1, 0, 0), at(1, 15, 3)]).toEqual([top, top + 15]);
        expect(at(2, 8, 8)).toBe(image.shard);
      }
    }
  });

  it("chooses images by their pixels, all scales, positions and mirrorings, and never leaves an image", () => {
    const sampler = new CropSampler(images, options);
    const draws = 8000;
    const chosen = [0, 0, 0];
    let flips = 0;
    let scales = 0;
    let lefts = 0;
    for (let step = 0; step < draws / 4; step++) {
      for (let index = 0; index < 4; index++) {
        const { image, left, top, window, flip } = sampler.place(step, index);
        chosen[image.shard] = chosen[image.shard]! + 1;
        flips += Number(flip);
        expect(left >= 0 && top >= 0 && left + window <= image.width && top + window <= image.height).toBe(true);
        expect(window >= 16 && window <= 32).toBe(true);
        if (image.shard === 1) {
          scales += 16 / window;
          lefts += left / (64 - window);
        }
      }
    }
    const pixels = [1200, 4096, 2000];
    for (const [i, count] of chosen.entries()) {
      const share = pixels[i]! / 7296;
      expect(Math.abs(count - draws * share)).toBeLessThan(5 * Math.sqrt(draws * share * (1 - share)));
    }
    expect(Math.abs(flips - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
    // Means of uniform draws in [0.5, 1] and [0, 1] over about 4500 crops; five standard errors and the rounding.
    const count = chosen[1]!;
    expect(Math.abs(scales / count - 0.75)).toBeLessThan(5 * Math.sqrt(1 / 48 / count) + 0.005);
    expect(Math.abs(lefts / count - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / count) + 0.005);
  });

  it("can do without mirroring and reduction", () => {
    const sampler = new CropSampler(images, { ...options, minScale: 1, flip: false });
    for (let step = 0; step < 50; step++) expect(sampler.place(step, 0)).toMatchObject({ flip: false, window: 16 });
  });

  it("leaves out images smaller than the crop, counts them, and refuses a set of nothing else", () => {
    const sides = images.images.map(({ width, height }) => Math.min(width, height));
    const [crop, largest] = [Math.min(...sides) + 1, Math.max(...sides)];
    const sampler = new CropSampler(images, { ...options, crop });
    expect(sampler.leftOut).toBe(sides.filter((side) => side < crop).length);
    expect(sampler.leftOut).toBeGreaterThan(0);
    for (let step = 0; step < 200; step++) {
      const { image } = sampler.place(step, 0);
      expect(Math.min(image.width, image.height)).toBeGreaterThanOrEqual(crop);
    }
    expect(() => new CropSampler(images, { ...options, crop: largest + 1 })).toThrow(
      new RegExp(`got ${sides.length} images, none of at least ${largest + 1}x${largest + 1} pixels`),
    );
    expect(() => new CropSampler(collection([]), options)).toThrow(/no images/);
  });

  it("refuses a batch of the wrong size", () => {
    expect(() => new CropSampler(images, options).fill(0, values(16, 3))).toThrow(RangeError);
  });
});

describe("CropSampler with drawn pictures", () => {
  const images = collection([
    [64, 64],
    [70, 90],
  ]);
  const options = { crop: 32, batch: 8, seed: 5 };
  const cropValues = 3 * 32 * 32;
  const sampler = new CropSampler(images, { ...options, drawn: { share: 0.3 } });

  it("draws the given share of the crops and leaves all others as they were", () => {
    const plain = new CropSampler(images, options);
    const [mixed, photographs] = [values(32, 8), values(32, 8)];
    let drawn = 0;
    for (let step = 0; step < 40; step++) {
      sampler.fill(step, mixed);
      plain.fill(step, photographs);
      for (let index = 0; index < 8; index++) {
        const part = mixed.subarray(index * cropValues, (index + 1) * cropValues);
        const isDrawn = sampler.drawn(step, index) !== undefined;
        drawn += Number(isDrawn);
        expect(plain.drawn(step, index)).toBeUndefined();
        const same = part.every((value, i) => value === photographs[index * cropValues + i]);
        expect(same, `step ${step}, crop ${index}`).toBe(!isDrawn);
      }
    }
    // Five standard deviations of a binomial count.
    expect(Math.abs(drawn - 0.3 * 320)).toBeLessThan(5 * Math.sqrt(320 * 0.3 * 0.7));
  });

  it("writes the pixels of the picture that it names, mirrored in half of the cases", () => {
    const out = values(32, 8);
    let flips = 0;
    let seen = 0;
    for (let step = 0; step < 40; step++) {
      sampler.fill(step, out);
      for (let index = 0; index < 8; index++) {
        const drawn = sampler.drawn(step, index);
        if (drawn === undefined) continue;
        seen++;
        flips += Number(drawn.flip);
        const pixels = drawPicture(5, drawn.picture, 32);
        const expected = Float32Array.from({ length: cropValues }, (_, i) => {
          const [channel, y, x] = [Math.floor(i / 1024), Math.floor(i / 32) % 32, i % 32];
          return pixels[3 * (y * 32 + (drawn.flip ? 31 - x : x)) + channel]! / 255;
        });
        const part = out.subarray(index * cropValues, (index + 1) * cropValues);
        expect(part.every((value, i) => Math.abs(value - expected[i]!) < 1e-6)).toBe(true);
      }
    }
    expect(Math.abs(flips - seen / 2)).toBeLessThan(5 * Math.sqrt(seen / 4));
    const upright = new CropSampler(images, { ...options, flip: false, drawn: { share: 1 } });
    for (let step = 0; step < 20; step++) expect(upright.drawn(step, 0)).toMatchObject({ flip: false });
  });

  it("gives a resumed run the crops of one that was not interrupted", () => {
    const [before, after] = [values(32, 8), values(32, 8)];
    for (let step = 0; step < 9; step++) sampler.fill(step, before);
    new CropSampler(images, { ...options, drawn: { share: 0.3 } }).fill(8, after);
    expect(after).toEqual(before);
    expect(Array.from({ length: 8 }, (_, i) => sampler.drawn(8, i)).some((crop) => crop !== undefined)).toBe(true);
  });

  it("refuses a share that is none", () => {
    expect(() => new CropSampler(images, { ...options, drawn: { share: 1.5 } })).toThrow(/a drawn share of 1.5/);
  });
});

describe("splitDataset", () => {
  const many = collection(Array.from({ length: 400 }, () => [16, 16] as const));

  it("puts about the given part aside and every image in exactly one part", () => {
    const { train, validation } = splitDataset(many, 0.1);
    expect(validation.images.length).toBeGreaterThan(40 - 5 * 6);
    expect(validation.images.length).toBeLessThan(40 + 5 * 6);
    const paths = [...train.images, ...validation.images].map(({ path }) => path).sort();
    expect(paths).toEqual(many.images.map(({ path }) => path).sort());
  });

  it("decides by the path alone", () => {
    const reversed: ImageCollection = { ...many, images: many.images.slice(50).reverse() };
    const before = new Set(splitDataset(many, 0.1).validation.images);
    const after = splitDataset(reversed, 0.1).validation.images;
    expect(after.length).toBeGreaterThan(10);
    for (const image of after) expect(before.has(image)).toBe(true);
  });

  it("keeps one image for validation even of few, none at fraction 0, and something to train on", () => {
    const two = collection([
      [16, 16],
      [16, 16],
    ]);
    expect(splitDataset(two, 1e-6).validation.images).toHaveLength(1);
    expect(splitDataset(two, 0).validation.images).toHaveLength(0);
    expect(() => splitDataset(collection([[16, 16]]), 0.1)).toThrow(UsageError);
    expect(() => splitDataset(two, 1)).toThrow(RangeError);
  });
});

describe("ValidationCrops", () => {
  it("gives fixed crops at full scale from images that are large enough, in any portions", () => {
    const crops = new ValidationCrops(
      collection([
        [40, 30],
        [15, 90],
        [16, 16],
      ]),
      { count: 6, size: 16 },
    );
    const all = crops.read(0, 6);
    const one = 3 * 16 * 16;
    for (let i = 0; i < 6; i++) expect(crops.read(i, 1)).toEqual(all.subarray(i * one, (i + 1) * one));
    const tags = Array.from({ length: 6 }, (_, i) => Math.round(255 * all[i * one + 2 * 256]!));
    expect(tags).toEqual([0, 2, 0, 2, 0, 2]);
    // Two crops of the first image lie at different places.
    expect(all.subarray(0, one)).not.toEqual(all.subarray(2 * one, 3 * one));
    expect(() => crops.read(4, 3)).toThrow(RangeError);
  });

  it("refuses a set of images that are all too small", () => {
    expect(() => new ValidationCrops(collection([[40, 30]]), { size: 32 })).toThrow(UsageError);
  });
});
