/**
 * Pairs of pictures that measures of quality are checked with: parts of the sample photographs, and what integer arithmetic alone makes
 * of them, so that every machine makes the same ones.
 */
import path from "node:path";
import type { Image } from "../../src/image/image.ts";
import { readImage } from "../../src/image/read-image.ts";

const SAMPLES = path.join(import.meta.dirname, "../../samples");

/** A way to distort a picture. */
export type Distortion = "banded" | "blurred" | "blocky" | "faint" | "noisy" | "tinted";

/** What becomes of a level, from the levels of its channel around it. */
const DISTORTIONS: Readonly<Record<Distortion, (at: Place) => number>> = {
  /** Sixteen levels are left. */
  banded: (at) => Math.min(16 * Math.round(at.level(0, 0) / 16), 255),
  /** Means of 3 x 3 pixels. */
  blurred: (at) => {
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) sum += at.level(dx, dy);
    return Math.round(sum / 9);
  },
  /** Halfway to the first pixel of its 8 x 8 block. */
  blocky: (at) => (at.level(0, 0) + at.level(-(at.x % 8), -(at.y % 8))) >> 1,
  /** Up to 2 levels off. */
  faint: (at) => at.level(0, 0) + (hash(at) % 5) - 2,
  /** Up to 32 levels off. */
  noisy: (at) => at.level(0, 0) + (hash(at) % 65) - 32,
  /** Green is moved by a level, red and blue are not. */
  tinted: (at) => at.level(0, 0) + (at.channel === 1 ? 1 : 0),
};

interface Place {
  readonly x: number;
  readonly y: number;
  readonly channel: number;
  /** The level at a distance; beyond the border that of the border. */
  level(dx: number, dy: number): number;
}

function hash({ x, y, channel }: Place): number {
  return ((x * 1103 + y * 12289 + channel * 7919 + 5) * 40503) % 65521;
}

/** The left upper part of a sample photograph. */
export async function samplePart(name: string, width: number, height: number): Promise<Image> {
  const { image } = await readImage(path.join(SAMPLES, `${name}.png`));
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const start = 3 * y * image.width;
    data.set(image.data.subarray(start, start + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}

/** The picture, distorted. */
export function distorted({ width, height, data }: Image, distortion: Distortion): Image {
  const clamped = (value: number, high: number): number => Math.min(Math.max(value, 0), high);
  const levels = data.map((_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    const level = (dx: number, dy: number): number =>
      data[3 * (clamped(y + dy, height - 1) * width + clamped(x + dx, width - 1)) + channel]!;
    return clamped(DISTORTIONS[distortion]({ x, y, channel, level }), 255);
  });
  return { width, height, data: levels };
}
