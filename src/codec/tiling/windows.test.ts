import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overlapOf, type Rectangle, TilesToMake, tileRowsOf, tilesOf } from "./windows.ts";

/** How often tiles cover each element of a map. */
function coverage(height: number, width: number, tiles: readonly Rectangle[]): number[] {
  const counts = new Array<number>(height * width).fill(0);
  for (const tile of tiles) {
    for (let row = tile.top; row < tile.top + tile.height; row++) {
      for (let column = tile.left; column < tile.left + tile.width; column++) counts[row * width + column]!++;
    }
  }
  return counts;
}

describe("tileRowsOf", () => {
  it("covers a map once, wherever the edges between tiles are moved, with no more rows of tiles than without", () => {
    const size = fc.integer({ min: 1, max: 20 });
    const side = fc.integer({ min: 1, max: 12 });
    const shift = fc.integer({ min: -11, max: 11 });
    fc.assert(
      fc.property(size, size, side, shift, (height, width, a, moved) => {
        fc.pre(Math.abs(moved) < a);
        const rows = tileRowsOf(height, width, a, moved);
        expect(
          new Set(
            coverage(
              height,
              width,
              rows.flatMap(({ tiles }) => tiles),
            ),
          ),
        ).toEqual(new Set([1]));
        expect(rows.length).toBeLessThanOrEqual(tileRowsOf(height, width, a).length);
        for (const { area, tiles } of rows) {
          expect(area.height).toBeGreaterThan(0);
          expect(tiles.every(({ top, height: h }) => top === area.top && h === area.height)).toBe(true);
        }
      }),
    );
  });

  it("moves edges to both directions, and leaves no tile beyond the end of the map", () => {
    const edges = (height: number, shift: number) => tileRowsOf(height, 1, 4, shift).map(({ area }) => area.top);
    expect(edges(10, 0)).toEqual([0, 4, 8]);
    expect(edges(10, 1)).toEqual([0, 5, 9]);
    expect(edges(10, 2)).toEqual([0, 6]);
    expect(edges(10, -1)).toEqual([0, 3, 7]);
    expect(edges(4, -1)).toEqual([0]);
    expect(tileRowsOf(5, 3, 0)).toEqual([
      { area: { top: 0, left: 0, height: 5, width: 3 }, tiles: [{ top: 0, left: 0, height: 5, width: 3 }] },
    ]);
  });
});

describe("TilesToMake", () => {
  it("gives each tile once, when somebody looks at it or beyond it", () => {
    const tiles = tilesOf(4, 6, 2);
    const toMake = new TilesToMake(tileRowsOf(4, 6, 2));
    const look = (top: number, left: number) => [...toMake.through({ top, left, height: 1, width: 1 })];
    expect(look(1, 1)).toEqual(tiles.slice(0, 1));
    expect(look(0, 0)).toEqual([]);
    expect(look(2, 0)).toEqual(tiles.slice(1, 4));
    expect(look(3, 5)).toEqual(tiles.slice(4));
  });

  it("gives a tile again whose making failed", () => {
    const toMake = new TilesToMake(tileRowsOf(2, 4, 2));
    const all = { top: 0, left: 0, height: 2, width: 4 };
    const failing = (): void => {
      for (const tile of toMake.through(all)) if (tile.left > 0) throw new Error("unplugged");
    };
    expect(failing).toThrow("unplugged");
    expect([...toMake.through(all)]).toEqual(tilesOf(2, 4, 2).slice(1));
  });
});

describe("overlapOf", () => {
  it("gives what two rectangles share, and null if they only touch", () => {
    const a = { top: 1, left: 2, height: 3, width: 4 };
    expect(overlapOf(a, { top: 0, left: 4, height: 3, width: 9 })).toEqual({ top: 1, left: 4, height: 2, width: 2 });
    expect(overlapOf(a, { top: 4, left: 2, height: 1, width: 1 })).toBeNull();
  });
});
