/** A map of channels that is read and written by rectangles: what connects the tiles of one part of a network to those of the next. */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import type { Rectangle } from "./windows.ts";

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
  read({ top, left, height, width }: Rectangle): FloatArray {
    const shape = [1, this.channels, height, width];
    if (height === this.height && width === this.width) return { data: this.data.slice(), shape };
    const data = new Float32Array(this.channels * height * width);
    for (let channel = 0, to = 0; channel < this.channels; channel++) {
      for (let row = top; row < top + height; row++, to += width) {
        const from = (channel * this.height + row) * this.width + left;
        data.set(this.data.subarray(from, from + width), to);
      }
    }
    return { data, shape };
  }

  /**
   * Copies a part of an array into a rectangle of the map.
   * @param source `[1, channels, h, w]`; where it has fewer channels, the first ones
   * @param part the part of the source, as large as the rectangle
   */
  write({ top, left, height, width }: Rectangle, source: FloatArray, part: Rectangle): void {
    const [, channels, sourceHeight, sourceWidth] = source.shape as readonly [number, number, number, number];
    if (channels > this.channels) throw new Error(`internal: got ${channels} channels for a map of ${this.channels}`);
    if (height === this.height && width === this.width && height === sourceHeight && width === sourceWidth) {
      this.data.set(source.data);
      return;
    }
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < height; row++) {
        const from = (channel * sourceHeight + part.top + row) * sourceWidth + part.left;
        this.data.set(
          source.data.subarray(from, from + width),
          (channel * this.height + top + row) * this.width + left,
        );
      }
    }
  }

  /**
   * Copies a rectangle of another map, over this map's whole width. Channels that the other map lacks become 0.
   * @param top the row of this map that the rectangle's first row goes to
   */
  copy(from: FeatureMap, { top: fromTop, left, height, width }: Rectangle, top: number): void {
    for (let channel = 0; channel < this.channels; channel++) {
      const start = (channel * this.height + top) * width;
      if (channel >= from.channels) {
        this.data.fill(0, start, start + height * width);
        continue;
      }
      const source = (channel * from.height + fromTop) * from.width + left;
      for (let row = 0; row < height; row++) {
        const at = source + row * from.width;
        this.data.set(from.data.subarray(at, at + width), start + row * width);
      }
    }
  }
}

/** A rectangle of an array `[1, channels, h, w]`; the array itself if that is all of it. */
export function cropped(source: OwnedArray, part: Rectangle): OwnedArray {
  const [, channels, height, width] = source.shape as readonly [number, number, number, number];
  if (part.height === height && part.width === width) return source;
  const map = new FeatureMap(channels, part.height, part.width);
  map.write({ ...part, top: 0, left: 0 }, source, part);
  return { data: map.data, shape: [1, channels, part.height, part.width] };
}
