/**
 * Tiles of a map and the windows around them. A window is a tile with a halo as wide as the network looks, cut off where the map
 * ends: there the network pads with zeros as it does on the whole map. What a window gives for its tile is therefore what the
 * whole map gives.
 */

/** A rectangle of a map, in elements of that map. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Tiles beside each other. */
export interface TileRow {
  /** The rows of the map that they cover, over the whole width. */
  readonly area: Rectangle;
  /** From left to right. */
  readonly tiles: readonly Rectangle[];
}

/** Where tiles of a side begin, and where the last one ends. See {@link tileRowsOf}. */
function edgesOf(size: number, side: number, shift: number): readonly number[] {
  const edges = [0];
  for (let edge = side; edge < size && edge + shift < size; edge += side) edges.push(edge + shift);
  return [...edges, size];
}

/**
 * The tiles of a map by rows, from top to bottom; those at the edges of the map may have other sizes.
 * @param side side of a tile; 0 for one tile that is the whole map.
 * @param shift how far the edges between tiles are moved down and to the right; up and to the left if it is negative. Less than a side.
 */
export function tileRowsOf(height: number, width: number, side: number, shift = 0): readonly TileRow[] {
  if (side === 0) {
    const area = { top: 0, left: 0, height, width };
    return [{ area, tiles: [area] }];
  }
  const [tops, lefts] = [edgesOf(height, side, shift), edgesOf(width, side, shift)];
  return tops.slice(1).map((bottom, row) => {
    const area = { top: tops[row]!, left: 0, height: bottom - tops[row]!, width };
    const tiles = lefts.slice(1).map((right, i) => ({ ...area, left: lefts[i]!, width: right - lefts[i]! }));
    return { area, tiles };
  });
}

/** The same row of tiles, `rows` elements further down. */
export function movedDown({ area, tiles }: TileRow, rows: number): TileRow {
  const moved = (rectangle: Rectangle): Rectangle => ({ ...rectangle, top: rectangle.top + rows });
  return { area: moved(area), tiles: tiles.map(moved) };
}

/** The tiles of {@link tileRowsOf} from left to right and top to bottom. */
export function tilesOf(height: number, width: number, side: number): readonly Rectangle[] {
  return tileRowsOf(height, width, side).flatMap(({ tiles }) => tiles);
}

/** Tiles that are made one after the other, from left to right and top to bottom, as far as somebody looks. */
export class TilesToMake {
  readonly #tiles: readonly Rectangle[];
  #made = 0;

  constructor(rows: readonly TileRow[]) {
    this.#tiles = rows.flatMap(({ tiles }) => tiles);
  }

  /** The tiles up to the last one that a rectangle touches. A tile is made when the next one is asked for, and never given again. */
  *through({ top, left, height, width }: Rectangle): Generator<Rectangle, void, undefined> {
    const [bottom, right] = [top + height, left + width];
    for (let tile = this.#tiles[this.#made]; tile !== undefined; tile = this.#tiles[this.#made]) {
      const isTouched = tile.top + tile.height < bottom || (tile.top < bottom && tile.left < right);
      if (!isTouched) return;
      yield tile;
      this.#made++;
    }
  }
}

/** The same rectangle of a map whose elements are `divisor` times as large. All numbers must divide. */
export function coarser({ top, left, height, width }: Rectangle, divisor: number): Rectangle {
  return { top: top / divisor, left: left / divisor, height: height / divisor, width: width / divisor };
}

/** The same rectangle of a map whose elements are `factor` times as small. */
export function finer(rectangle: Rectangle, factor: number): Rectangle {
  return coarser(rectangle, 1 / factor);
}

/**
 * A rectangle grown by `halo` on every side as far as the map goes.
 * @param alignment the window's edges stay multiples of this, so that strided layers fall on the same elements.
 */
export function windowOf(
  rectangle: Rectangle,
  halo: number,
  map: { readonly height: number; readonly width: number },
  alignment = 1,
): Rectangle {
  const grown = Math.ceil(halo / alignment) * alignment;
  const top = Math.max(0, rectangle.top - grown);
  const left = Math.max(0, rectangle.left - grown);
  return {
    top,
    left,
    height: Math.min(map.height, rectangle.top + rectangle.height + grown) - top,
    width: Math.min(map.width, rectangle.left + rectangle.width + grown) - left,
  };
}

/** What two rectangles share; null if that is nothing. */
export function overlapOf(a: Rectangle, b: Rectangle): Rectangle | null {
  const [top, left] = [Math.max(a.top, b.top), Math.max(a.left, b.left)];
  const height = Math.min(a.top + a.height, b.top + b.height) - top;
  const width = Math.min(a.left + a.width, b.left + b.width) - left;
  return height > 0 && width > 0 ? { top, left, height, width } : null;
}

/** The rectangle seen from the top left corner of a window. */
export function within(rectangle: Rectangle, window: Rectangle): Rectangle {
  return { ...rectangle, top: rectangle.top - window.top, left: rectangle.left - window.left };
}

/** The whole of an array that is as large as the rectangle. */
export function whole({ height, width }: Rectangle): Rectangle {
  return { top: 0, left: 0, height, width };
}
