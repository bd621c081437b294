import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArrayPool } from "../array-pool.ts";
import { FeatureMap } from "./feature-map.ts";
import { TiledMap } from "./tiled-map.ts";
import { type Rectangle, type TileRow, tileRowsOf, tilesOf, windowOf } from "./windows.ts";

const [HEIGHT, WIDTH] = [10, 7];
/** Tiles of four elements a side; smaller ones at the right and at the bottom. */
const SIDE = 4;

const valueAt = (channel: number, row: number, column: number): number => 10_000 * channel + 100 * row + column;

/** What a rectangle of the map holds, by channels. */
const valuesOf = ({ top, left, height, width }: Rectangle, channels: number): number[] =>
  Array.from({ length: channels * height * width }, (_, i) => {
    const place = i % (height * width);
    return valueAt(Math.floor(i / (height * width)), top + Math.floor(place / width), left + (place % width));
  });

interface Sizes {
  readonly height: number;
  readonly width: number;
  readonly rows: readonly TileRow[];
}

/** A map whose value at a place says where the place is, and the tiles that were made of it. @param channelsOf of a tile. Default: 1 */
function counted({ height, width, rows }: Sizes, channelsOf: (tile: Rectangle) => number = () => 1) {
  const made: Rectangle[] = [];
  const map = new TiledMap({
    height,
    width,
    rows,
    pool: new ArrayPool(0),
    async makeTile(tile) {
      made.push(tile);
      const channels = channelsOf(tile);
      return { data: Float32Array.from(valuesOf(tile, channels)), shape: [1, channels, tile.height, tile.width] };
    },
  });
  const read = (rectangle: Rectangle) =>
    map.use(rectangle, async ({ data, shape }) => ({ values: [...data], shape: [...shape] }));
  return { map, made, read };
}

const SIZES: Sizes = { height: HEIGHT, width: WIDTH, rows: tileRowsOf(HEIGHT, WIDTH, SIDE) };
const TILES = tilesOf(HEIGHT, WIDTH, SIDE);

describe("TiledMap", () => {
  it("makes tiles up to the last one that a rectangle touches, each once, and copies rectangles across tiles", async () => {
    const { made, read } = counted(SIZES);
    await read({ top: 1, left: 0, height: 2, width: 3 });
    expect(made).toEqual(TILES.slice(0, 1));
    const rectangle = { top: 3, left: 2, height: 4, width: 2 };
    const expected = { values: valuesOf(rectangle, 1), shape: [1, 1, 4, 2] };
    expect(await read(rectangle)).toEqual(expected);
    // The third tile is the first of the second row: what is right of it is not needed.
    expect(made).toEqual(TILES.slice(0, 3));
    expect(await read(rectangle)).toEqual(expected);
    expect(made).toEqual(TILES.slice(0, 3));
  });

  it("gives zeros for the channels that a tile lacks", async () => {
    const { read } = counted(SIZES, ({ left }) => (left === 0 ? 1 : 2));
    const { values, shape } = await read({ top: 0, left: 3, height: 1, width: 2 });
    expect(shape).toEqual([1, 2, 1, 2]);
    expect(values).toEqual([valueAt(0, 0, 3), valueAt(0, 0, 4), 0, valueAt(1, 0, 4)]);
    expect((await read({ top: 0, left: 0, height: 2, width: 2 })).shape).toEqual([1, 1, 2, 2]);
  });

  it("lends a whole tile without copying it, and frees it when it is forgotten", async () => {
    const { map } = counted(SIZES);
    const [first, second] = TILES as [Rectangle, Rectangle];
    const lend = () => map.use(first, async ({ data }) => data);
    const data = await lend();
    expect(await lend()).toBe(data);
    map.forgetDone(first, 1);
    // Those who come look one column back: the tile is needed until the second one is done.
    expect(await lend()).toBe(data);
    map.forgetDone(second, 1);
    await expect(lend()).rejects.toThrow(/^internal: .* forgotten/);
  });

  it("keeps the strip under a tile that is done, and gives the array of the rest back", async () => {
    // As many channels as it takes for an array that a pool frees.
    const { map, read } = counted(SIZES, () => 100);
    const [first, second] = TILES as [Rectangle, Rectangle];
    const data = await map.use(first, async (part) => part.data);
    map.forgetDone(second, 1);
    expect(data.length).toBe(0);
    const strip = { top: 3, left: 0, height: 1, width: 4 };
    expect((await read(strip)).values).toEqual(valuesOf(strip, 100));
    await expect(read({ ...strip, top: 2 })).rejects.toThrow(/forgotten/);
  });

  it("passes on what making a tile throws, and forgets nothing for it", async () => {
    const map = new TiledMap({
      ...SIZES,
      pool: new ArrayPool(0),
      async makeTile(tile) {
        if (tile.top > 0) throw new RangeError("unplugged");
        return { data: Float32Array.from(valuesOf(tile, 1)), shape: [1, 1, tile.height, tile.width] };
      },
    });
    await expect(map.through({ top: 3, left: 0, height: 2, width: 1 })).rejects.toThrow(new RangeError("unplugged"));
    const [first] = TILES as [Rectangle];
    expect(await map.use(first, async ({ data }) => [...data])).toEqual(valuesOf(first, 1));
  });

  it("has what is asked for when somebody goes over it in tiles of another size, moved or not, and looks around them", async () => {
    const size = fc.integer({ min: 1, max: 24 });
    const side = fc.integer({ min: 2, max: 12 });
    const shift = fc.integer({ min: -11, max: 11 });
    const halo = fc.integer({ min: 0, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        side,
        shift,
        side,
        shift,
        halo,
        async (height, width, a, shiftA, b, shiftB, look) => {
          const less = (moved: number, than: number): number => Math.sign(moved) * Math.min(Math.abs(moved), than - 1);
          const { map, made, read } = counted({ height, width, rows: tileRowsOf(height, width, a, less(shiftA, a)) });
          for (const { tiles } of tileRowsOf(height, width, b, less(shiftB, b))) {
            for (const tile of tiles) {
              const window = windowOf(tile, look, map);
              expect((await read(window)).values.join()).toBe(valuesOf(window, 1).join());
              map.forgetDone(tile, look);
            }
          }
          expect(made).toEqual(tileRowsOf(height, width, a, less(shiftA, a)).flatMap(({ tiles }) => tiles));
          await expect(read({ top: height - 1, left: width - 1, height: 1, width: 1 })).rejects.toThrow(/forgotten/);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("gives all of a map whose tiles have equally many channels", async () => {
    const all = { top: 0, left: 0, height: HEIGHT, width: WIDTH };
    for (const side of [0, SIDE, 100]) {
      const { map } = counted({ ...SIZES, rows: tileRowsOf(HEIGHT, WIDTH, side) }, () => 3);
      const { channels, height, width, data } = await map.whole();
      expect([channels, height, width]).toEqual([3, HEIGHT, WIDTH]);
      expect([...data]).toEqual(valuesOf(all, 3));
    }
  });

  it("is made of a map that is there", async () => {
    const all = { top: 0, left: 0, height: 3, width: 2 };
    const map = TiledMap.of(new FeatureMap(2, 3, 2, Float32Array.from(valuesOf(all, 2))));
    const part = { top: 1, left: 1, height: 2, width: 1 };
    expect(await map.use(part, async ({ data }) => [...data])).toEqual(valuesOf(part, 2));
  });
});
