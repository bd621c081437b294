/**
 * A map whose rows come when they are needed and go when they are not: a large image's latent takes several bytes a pixel, and is never in memory as a
 * whole. What makes the rows is handed in; a row is made once.
 */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import { ArrayPool } from "../array-pool.ts";
import { FeatureMap } from "./feature-map.ts";
import { type Rectangle, type TileRow, whole } from "./windows.ts";

/** What a {@link MapRows} is made of. */
export interface MapRowsOptions {
  readonly height: number;
  readonly width: number;
  /** Over the whole width, one below the other, all rows of the map together. */
  readonly areas: readonly Rectangle[];
  /** Makes the area with an index. It may lack channels that are 0 there. Its array goes to the pool when it is forgotten. */
  make(index: number): Promise<FeatureMap>;
  readonly pool: ArrayPool;
}

/** An area that is held. */
interface HeldRows {
  readonly top: number;
  readonly map: FeatureMap;
}

/** A map of which some rows are held. */
export class MapRows {
  readonly height: number;
  readonly width: number;
  readonly #options: MapRowsOptions;
  #made = 0;
  #held: HeldRows[] = [];

  constructor(options: MapRowsOptions) {
    this.height = options.height;
    this.width = options.width;
    this.#options = options;
  }

  /** A map that is there already. @param pool gets its array when it is forgotten. Default: one that keeps nothing */
  static of(map: FeatureMap, pool: ArrayPool = new ArrayPool(0)): MapRows {
    const { height, width } = map;
    const areas = [{ top: 0, left: 0, height, width }];
    return new MapRows({ height, width, areas, make: async () => map, pool });
  }

  /**
   * A map whose rows are made of tiles.
   * @param rows of the whole map, as `tileRowsOf` gives them
   * @param makeTile gives `[1, channels, tile.height, tile.width]`, which becomes the map's own. It is called from left to right and top to bottom. A
   *   tile with fewer channels than others of its row is 0 in the rest.
   */
  static ofTiles(
    rows: readonly TileRow[],
    { height, width, pool }: Pick<MapRowsOptions, "height" | "width" | "pool">,
    makeTile: (tile: Rectangle) => Promise<OwnedArray>,
  ): MapRows {
    const make = async (index: number): Promise<FeatureMap> => {
      const { area, tiles } = rows[index]!;
      const parts: OwnedArray[] = [];
      for (const tile of tiles) parts.push(await makeTile(tile));
      const channels = Math.max(...parts.map(({ shape }) => shape[1]!));
      const [only] = parts as [OwnedArray];
      if (tiles.length === 1) return new FeatureMap(channels, area.height, width, only.data);
      const map = new FeatureMap(channels, area.height, width);
      for (const [i, tile] of tiles.entries()) {
        map.write({ ...tile, top: 0 }, parts[i]!, whole(tile));
        pool.give(parts[i]!.data);
      }
      return map;
    };
    return new MapRows({ height, width, pool, areas: rows.map(({ area }) => area), make });
  }

  /** Makes the areas that begin above a row of the map. @throws what `make` throws */
  async through(bottom: number): Promise<void> {
    const { areas, make } = this.#options;
    for (let area = areas[this.#made]; area !== undefined && area.top < bottom; area = areas[this.#made]) {
      this.#held.push({ top: area.top, map: await make(this.#made) });
      this.#made++;
    }
  }

  /** Forgets the areas that end at or above a row of the map. Nobody asks for them again. */
  forgetAbove(top: number): void {
    const isOver = (rows: HeldRows): boolean => rows.top + rows.map.height <= top;
    for (const rows of this.#held) if (isOver(rows)) this.#options.pool.give(rows.map.data);
    this.#held = this.#held.filter((rows) => !isOver(rows));
  }

  /** All of a map whose areas have equally many channels, as the caller's own. Nothing may have been asked for before, or may be afterwards. */
  async whole(): Promise<FeatureMap> {
    const { height, width } = this;
    await this.through(1);
    const [{ map: first }] = this.#held as [HeldRows];
    if (first.height === height) return first;
    const map = new FeatureMap(first.channels, height, width);
    for (const area of this.#options.areas) {
      await this.use(area, async (part) => map.write(area, part, whole(area)));
      this.forgetAbove(area.top + area.height);
    }
    return map;
  }

  /**
   * Makes what is missing of a rectangle, and lends it for the time of a piece of work.
   * @param work gets `[1, channels, height, width]`, with as many channels as the richest of the areas that the rectangle touches. It may not write
   *   to it.
   */
  async use<Result>(rectangle: Rectangle, work: (part: FloatArray) => Promise<Result>): Promise<Result> {
    const { top, left, height, width } = rectangle;
    await this.through(top + height);
    const touched = this.#held.filter((rows) => rows.top < top + height && rows.top + rows.map.height > top);
    const covered = touched.reduce((sum, rows) => sum + overlapOf(rows, top, height).height, 0);
    if (covered !== height) throw new Error(`internal: rows ${top} to ${top + height} of a map are forgotten`);
    const channels = Math.max(...touched.map(({ map }) => map.channels));
    const shape = [1, channels, height, width];
    const [first] = touched as [HeldRows];
    if (touched.length === 1 && first.map.height === height && first.map.width === width) {
      return work({ data: first.map.data, shape });
    }
    const { pool } = this.#options;
    const part = new FeatureMap(channels, height, width, pool.floats(channels * height * width));
    for (const rows of touched) {
      const overlap = overlapOf(rows, top, height);
      part.copy(rows.map, { ...overlap, left, width }, rows.top + overlap.top - top);
    }
    const result = await work({ data: part.data, shape });
    pool.give(part.data);
    return result;
  }
}

/** The rows of an area, counted from its first, that lie in a run of rows of the map. */
function overlapOf(rows: HeldRows, top: number, height: number): { readonly top: number; readonly height: number } {
  const from = Math.max(top, rows.top);
  return { top: from - rows.top, height: Math.min(top + height, rows.top + rows.map.height) - from };
}
