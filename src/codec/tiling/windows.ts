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

/**
 * The tiles of a map by rows, from top to bottom; those at the right and bottom edges may be smaller.
 * @param side side of a tile; 0 for one tile that is the whole map.
 */
export function tileRowsOf(height: number, width: number, side: number): readonly TileRow[] {
  if (side === 0) {
    const area = { top: 0, left: 0, height, width };
    return [{ area, tiles: [area] }];
  }
  const rows: TileRow[] = [];
  for (let top = 0; top < height; top += side) {
    const area = { top, left: 0, height: Math.min(side, height - top), width };
    const tiles: Rectangle[] = [];
    for (let left = 0; left < width; left += side) tiles.push({ ...area, left, width: Math.min(side, width - left) });
    rows.push({ area, tiles });
  }
  return rows;
}

/** The tiles of {@link tileRowsOf} from left to right and top to bottom. */
export function tilesOf(height: number, width: number, side: number): readonly Rectangle[] {
  return tileRowsOf(height, width, side).flatMap(({ tiles }) => tiles);
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

/** The rectangle seen from the top left corner of a window. */
export function within(rectangle: Rectangle, window: Rectangle): Rectangle {
  return { ...rectangle, top: rectangle.top - window.top, left: rectangle.left - window.left };
}

/** The whole of an array that is as large as the rectangle. */
export function whole({ height, width }: Rectangle): Rectangle {
  return { top: 0, left: 0, height, width };
}
