/**
 * A map whose tiles come when they are needed and go when they are not. A large image's latent takes several bytes a pixel. Of it, only the tiles at
 * work and a strip under the tiles that are done are in memory. What makes a tile is handed in; a tile is made once.
 */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import { ArrayPool } from "../array-pool.ts";
import { FeatureMap } from "./feature-map.ts";
import { overlapOf, type Rectangle, type TileRow, TilesToMake, whole, within } from "./windows.ts";

/** What a {@link TiledMap} is made of. */
export interface TiledMapOptions {
  readonly height: number;
  readonly width: number;
  /** Of the whole map, as `tileRowsOf` gives them. */
  readonly rows: readonly TileRow[];
  /**
   * Makes `[1, channels, tile.height, tile.width]`, which becomes the map's own and goes to the pool when it is forgotten. It is called from left to right
   * and top to bottom. A tile with fewer channels than others is 0 in the rest.
   */
  makeTile(tile: Rectangle): Promise<OwnedArray>;
  readonly pool: ArrayPool;
}

/** A tile, or what is left of it. */
interface HeldPart {
  readonly place: Rectangle;
  readonly map: FeatureMap;
}

/** A map of which some parts are held. */
export class TiledMap {
  readonly height: number;
  readonly width: number;
  readonly #options: TiledMapOptions;
  readonly #toMake: TilesToMake;
  #held: HeldPart[] = [];

  constructor(options: TiledMapOptions) {
    this.height = options.height;
    this.width = options.width;
    this.#options = options;
    this.#toMake = new TilesToMake(options.rows);
  }

  /** A map that is there already. @param pool gets its array when it is forgotten. Default: one that keeps nothing */
  static of({ channels, height, width, data }: FeatureMap, pool: ArrayPool = new ArrayPool(0)): TiledMap {
    const area = { top: 0, left: 0, height, width };
    const makeTile = async (): Promise<OwnedArray> => ({ data, shape: [1, channels, height, width] });
    return new TiledMap({ height, width, rows: [{ area, tiles: [area] }], makeTile, pool });
  }

  /** Makes the tiles up to the last one that a rectangle touches. @throws what `makeTile` throws */
  async through(rectangle: Rectangle): Promise<void> {
    for (const place of this.#toMake.through(rectangle)) {
      const { data, shape } = await this.#options.makeTile(place);
      this.#held.push({ place, map: new FeatureMap(shape[1]!, place.height, place.width, data) });
    }
  }

  /**
   * Forgets what is no longer needed when somebody goes over the map in tiles, from left to right and top to bottom, and one of them is done: what is
   * neither below that tile nor to its right. A part of which more than half is still needed stays whole.
   * @param tile of any tiles, not only those that the map is made of
   * @param back how far those who come look beyond their tiles, up and to the left
   */
  forgetDone(tile: Rectangle, back: number): void {
    const [bottom, right] = [tile.top + tile.height, tile.left + tile.width];
    const above = bottom === this.height ? bottom : bottom - back;
    const before = right === this.width ? right : right - back;
    this.#held = this.#held.flatMap((part) => {
      const { place, map } = part;
      if (place.left + place.width > before || place.top >= above) return part;
      const top = Math.min(above, place.top + place.height);
      const kept = { ...place, top, height: place.top + place.height - top };
      // While a part is cut, both are in memory: it must be worth that.
      if (2 * kept.height > place.height) return part;
      const rest = kept.height === 0 ? [] : [{ place: kept, map: map.cut(within(kept, place), this.#options.pool) }];
      this.#options.pool.give(map.data);
      return rest;
    });
  }

  /** All of a map whose tiles have equally many channels, as the caller's own. Nothing may have been asked for before, or may be afterwards. */
  async whole(): Promise<FeatureMap> {
    let map: FeatureMap | undefined;
    for (const tile of this.#options.rows.flatMap(({ tiles }) => tiles)) {
      await this.use(tile, async (part) => {
        map ??= new FeatureMap(part.shape[1]!, this.height, this.width);
        map.write(tile, part, whole(tile));
      });
      this.forgetDone(tile, 0);
    }
    // A map has a tile at least.
    return map as unknown as FeatureMap;
  }

  /**
   * Makes what is missing of a rectangle, and lends it for the time of a piece of work.
   * @param work gets `[1, channels, height, width]`, with as many channels as the richest of the tiles that the rectangle touches. It may not write
   *   to it.
   */
  async use<Result>(rectangle: Rectangle, work: (part: FloatArray) => Promise<Result>): Promise<Result> {
    const { top, left, height, width } = rectangle;
    await this.through(rectangle);
    const touched = this.#held.flatMap(({ place, map }) => {
      const overlap = overlapOf(place, rectangle);
      return overlap === null ? [] : [{ place, map, overlap }];
    });
    const covered = touched.reduce((sum, { overlap }) => sum + overlap.height * overlap.width, 0);
    if (covered !== height * width) throw new Error(`internal: a part of a map from ${top}, ${left} on is forgotten`);
    const channels = Math.max(...touched.map(({ map }) => map.channels));
    const shape = [1, channels, height, width];
    const { map: first } = touched[0]!;
    if (touched.length === 1 && first.height === height && first.width === width) {
      return work({ data: first.data, shape });
    }
    const { pool } = this.#options;
    const part = new FeatureMap(channels, height, width, pool.floats(channels * height * width));
    for (const { place, map, overlap } of touched) {
      part.copy(map, within(overlap, place), overlap.top - top, overlap.left - left);
    }
    const result = await work({ data: part.data, shape });
    pool.give(part.data);
    return result;
  }
}
