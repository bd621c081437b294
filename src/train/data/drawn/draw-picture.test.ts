import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { drawPicture, PICTURE_PERCENT, type PictureKind, pictureKind } from "./draw-picture.ts";

const SIDE = 96;
const KINDS = Object.keys(PICTURE_PERCENT) as PictureKind[];

/** Numbers of the first pictures of a kind. */
function numbersOf(kind: PictureKind, count: number, seed = 1): readonly number[] {
  const numbers: number[] = [];
  for (let index = 0; numbers.length < count; index++) if (pictureKind(seed, index) === kind) numbers.push(index);
  return numbers;
}

function colours(pixels: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < pixels.length; i += 3) {
    const colour = (pixels[i]! << 16) | (pixels[i + 1]! << 8) | pixels[i + 2]!;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return counts;
}

/** Share of neighbours to the right whose green differs by 40 at least. */
function edgeShare(pixels: Uint8Array, side: number): number {
  let edges = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 1; x < side; x++) {
      const place = 3 * (y * side + x) + 1;
      edges += Number(Math.abs(pixels[place]! - pixels[place - 3]!) >= 40);
    }
  }
  return edges / (side * (side - 1));
}

describe("drawPicture", () => {
  it.each(KINDS)("gives the same bytes for the same arguments and others for other ones: %s", (kind) => {
    const [first, second] = numbersOf(kind, 2) as [number, number];
    const pixels = drawPicture(1, first, SIDE);
    expect(pixels).toHaveLength(3 * SIDE * SIDE);
    drawPicture(7, second, 64);
    expect(Buffer.from(drawPicture(1, first, SIDE)).equals(Buffer.from(pixels))).toBe(true);
    expect(Buffer.from(drawPicture(1, second, SIDE)).equals(Buffer.from(pixels))).toBe(false);
    expect(Buffer.from(drawPicture(2, first, SIDE)).equals(Buffer.from(pixels))).toBe(false);
  });

  it("keeps drawing the patterns and the pixel art that earlier versions drew", () => {
    // Pinned: a change makes stored runs unrepeatable. These two kinds use no fonts and no library.
    const hash = createHash("sha256");
    for (const kind of ["pattern", "pixel-art"] as const) {
      for (const index of numbersOf(kind, 20)) hash.update(drawPicture(1, index, SIDE));
    }
    expect(hash.digest("hex")).toMatchInlineSnapshot(
      `"2a5e214d7d6593e937548a0a7c8e9c1b73c7bb3645081a0f7c2db8a638b3c95b"`,
    );
  });

  it("draws each kind as often as it says", () => {
    const draws = 10_000;
    const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<PictureKind, number>;
    for (let index = 0; index < draws; index++) counts[pictureKind(5, index)]++;
    expect(KINDS.reduce((sum, kind) => sum + PICTURE_PERCENT[kind], 0)).toBe(100);
    for (const kind of KINDS) {
      const share = PICTURE_PERCENT[kind] / 100;
      // Five standard deviations of a binomial count.
      expect(Math.abs(counts[kind] - draws * share), kind).toBeLessThan(5 * Math.sqrt(draws * share * (1 - share)));
    }
  });

  it("writes text whose letters have edges, mostly on one colour or a gradient", () => {
    const shares = numbersOf("text", 40).map((index) => edgeShare(drawPicture(1, index, 128), 128));
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(mean).toBeGreaterThan(0.04);
    expect(mean).toBeLessThan(0.4);
    expect(shares.filter((share) => share > 0.01).length).toBeGreaterThan(34);
  });

  it.each(["screenshot", "line-art"] as const)("draws a %s mostly in few colours, with edges", (kind) => {
    const numbers = numbersOf(kind, 30);
    let flat = 0;
    let withEdges = 0;
    for (const index of numbers) {
      const pixels = drawPicture(1, index, 128);
      const counts = [...colours(pixels).values()].sort((a, b) => b - a);
      const most = counts.slice(0, 4).reduce((sum, count) => sum + count, 0);
      flat += Number(most > 0.5 * 128 * 128);
      withEdges += Number(edgeShare(pixels, 128) > 0.005);
    }
    expect(flat).toBeGreaterThanOrEqual(24);
    expect(withEdges).toBeGreaterThanOrEqual(27);
  });

  it("dithers, weaves and draws pixel art in few colours", () => {
    const most: Readonly<Partial<Record<PictureKind, number>>> = { dithering: 64, pattern: 14, "pixel-art": 16 };
    for (const [kind, limit] of Object.entries(most)) {
      for (const index of numbersOf(kind as PictureKind, 30)) {
        expect(colours(drawPicture(1, index, SIDE)).size, `${kind} ${index}`).toBeLessThanOrEqual(limit);
      }
    }
  });

  it("refuses sides and numbers that it cannot draw", () => {
    for (const side of [31, 4097, 64.5])
      expect(() => drawPicture(1, 0, side)).toThrow(/got side .* expected an integer/);
    expect(() => drawPicture(1, -1, 64)).toThrow(RangeError);
    expect(() => drawPicture(-1, 0, 64)).toThrow(RangeError);
  });
});
