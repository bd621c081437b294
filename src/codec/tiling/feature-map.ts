/** A map of channels that is read and written by rectangles: what connects the tiles of one part of a network to those of the next. */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import { ArrayPool } from "../array-pool.ts";
import type { Rectangle } from "./windows.ts";

/** Longest run of elements that a loop copies. To make a view of an array costs as much as some tens of elements. */
const LONGEST_LOOP = 64;

/** Copies a run of elements from `source[from]` on to `target[to]` on. */
function copyRun(source: Float32Array, from: number, target: Float32Array, to: number, length: number): void {
  if (length > LONGEST_LOOP) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
}

/** `[channels, height, width]`, row-major. */
export class FeatureMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array<ArrayBuffer>;

  /** @param data `[channels, height, width]`, which becomes the map's own. Default: zeros. */
  constructor(
    channels: number,
    height: number,
    width: number,
    data: Float32Array<ArrayBuffer> = new Float32Array(channels * height * width),
  ) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.data = data;
  }

  /** A copy of a rectangle, `[1, channels, rectangle.height, rectangle.width]`. */
  read(rectangle: Rectangle): FloatArray {
    const { channels, height, width, data } = this.cut(rectangle);
    return { data, shape: [1, channels, height, width] };
  }

  /** A rectangle as a map of its own. @param pool gives its memory. Default: one that keeps nothing */
  cut(rectangle: Rectangle, pool: ArrayPool = new ArrayPool(0)): FeatureMap {
    const { height, width } = rectangle;
    const part = new FeatureMap(this.channels, height, width, pool.floats(this.channels * height * width));
    part.copy(this, rectangle, 0, 0);
    return part;
  }

  /**
   * Copies a part of an array into a rectangle of the map.
   * @param source `[1, channels, h, w]`; where it has fewer channels, the first ones
   * @param part the part of the source, as large as the rectangle
   */
  write({ top, left, height, width }: Rectangle, source: FloatArray, part: Rectangle): void {
    const [, channels, sourceHeight, sourceWidth] = source.shape as readonly [number, number, number, number];
    if (channels > this.channels) throw new Error(`internal: got ${channels} channels for a map of ${this.channels}`);
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < height; row++) {
        const from = (channel * sourceHeight + part.top + row) * sourceWidth + part.left;
        copyRun(source.data, from, this.data, (channel * this.height + top + row) * this.width + left, width);
      }
    }
  }

  /**
   * Copies a rectangle of another map. Channels that the other map lacks become 0.
   * @param top the row of this map that the rectangle's first row goes to
   * @param left the column that its first column goes to
   */
  copy(from: FeatureMap, part: Rectangle, top: number, left: number): void {
    for (let channel = 0; channel < this.channels; channel++) {
      for (let row = 0; row < part.height; row++) {
        const to = (channel * this.height + top + row) * this.width + left;
        if (channel >= from.channels) {
          this.data.fill(0, to, to + part.width);
          continue;
        }
        const source = (channel * from.height + part.top + row) * from.width + part.left;
        copyRun(from.data, source, this.data, to, part.width);
      }
    }
  }
}

/** A rectangle of an array `[1, channels, h, w]`, in memory of the pool; the array itself if that is all of it. @param pool default: one that keeps nothing */
export function cropped(source: OwnedArray, part: Rectangle, pool: ArrayPool = new ArrayPool(0)): OwnedArray {
  const [, channels, height, width] = source.shape as readonly [number, number, number, number];
  if (part.height === height && part.width === width) return source;
  const { data } = new FeatureMap(channels, height, width, source.data).cut(part, pool);
  return { data, shape: [1, channels, part.height, part.width] };
}
