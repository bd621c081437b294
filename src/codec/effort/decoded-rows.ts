/** y^ of a few rows of tiles, as a decoder has it. That is what a tile needs to know of its surroundings; the rest of the image is not held. */
import type { FloatArray } from "../../engine/index.ts";
import { FeatureMap } from "../tiling/feature-map.ts";
import type { Rectangle } from "../tiling/windows.ts";

/** Rows of tiles by the first row of the map that they cover. */
export class DecodedRows {
  readonly #channels: number;
  readonly #width: number;
  readonly #rows = new Map<number, FeatureMap>();
  /** First rows of the tiles that are known. */
  readonly #known = new Map<string, number>();

  /** @param width of the map */
  constructor(channels: number, width: number) {
    this.#channels = channels;
    this.#width = width;
  }

  /** Keeps what a decoder has of a tile; channels that it lacks are 0. */
  write({ top, left, height, width }: Rectangle, part: FloatArray): void {
    const row = this.#rows.get(top) ?? new FeatureMap(this.#channels, height, this.#width);
    this.#rows.set(top, row);
    const target = { top: 0, left, height, width };
    clear(row, target);
    row.write(target, part, { top: 0, left: 0, height, width });
    this.#known.set(keyOf({ top, left, height, width }), top);
  }

  /** Whether a tile is known. */
  has(tile: Rectangle): boolean {
    return this.#known.has(keyOf(tile));
  }

  /** Forgets rows of tiles that end above a row of the map. */
  forgetAbove(top: number): void {
    for (const [first, row] of this.#rows) {
      if (first + row.height > top) continue;
      this.#rows.delete(first);
      for (const [key, tileTop] of this.#known) if (tileTop === first) this.#known.delete(key);
    }
  }

  /** A part of the map, `[1, channels, h, w]`; 0 where nothing is known. */
  read({ top, left, height, width }: Rectangle): FloatArray {
    const map = new FeatureMap(this.#channels, height, width);
    for (const [first, row] of this.#rows) {
      const from = Math.max(top, first);
      const rows = Math.min(top + height, first + row.height) - from;
      if (rows <= 0) continue;
      const part = row.read({ top: from - first, left, height: rows, width });
      map.write({ top: from - top, left: 0, height: rows, width }, part, { top: 0, left: 0, height: rows, width });
    }
    return { data: map.data, shape: [1, this.#channels, height, width] };
  }
}

function keyOf({ top, left }: Rectangle): string {
  return `${top},${left}`;
}

function clear(map: FeatureMap, { top, left, height, width }: Rectangle): void {
  for (let channel = 0; channel < map.channels; channel++) {
    for (let row = top; row < top + height; row++) {
      const start = (channel * map.height + row) * map.width + left;
      map.data.fill(0, start, start + width);
    }
  }
}
