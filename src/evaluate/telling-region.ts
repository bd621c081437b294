/**
 * Finds the part of a picture that is worth magnifying when renditions are compared: the one where they are wrong most, all
 * of them together. Counting every rendition keeps the choice fair; where one alone fails, it has its share of the sum.
 */
import { checkSameSize, type Image } from "../image/image.ts";

/** Side of the blocks that errors are gathered in, and step of the search, in pixels. */
const BLOCK = 8;

/** A rectangle of pixels. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The region of at most `width` by `height` pixels with the largest squared error summed over the renditions. Its corner
 * lies on a multiple of 8 pixels, or against the right or lower side; of equal ones the first in reading order is taken.
 *
 * @throws {RangeError} if the sizes of the images differ.
 */
export function tellingRegion(
  original: Image,
  renditions: readonly Image[],
  { width, height }: { readonly width: number; readonly height: number },
): Region {
  const regionWidth = Math.min(width, original.width);
  const regionHeight = Math.min(height, original.height);
  const columns = Math.ceil(original.width / BLOCK);
  const rows = Math.ceil(original.height / BLOCK);
  const sums = summedErrors(original, renditions, columns, rows);
  const spanX = Math.ceil(regionWidth / BLOCK);
  const spanY = Math.ceil(regionHeight / BLOCK);
  let best = { x: 0, y: 0, error: -1 };
  for (let y = 0; y + spanY <= rows; y++) {
    for (let x = 0; x + spanX <= columns; x++) {
      const at = (row: number, column: number): number => sums[row * (columns + 1) + column]!;
      const error = at(y + spanY, x + spanX) - at(y, x + spanX) - at(y + spanY, x) + at(y, x);
      if (error > best.error) best = { x, y, error };
    }
  }
  return {
    x: Math.min(best.x * BLOCK, original.width - regionWidth),
    y: Math.min(best.y * BLOCK, original.height - regionHeight),
    width: regionWidth,
    height: regionHeight,
  };
}

/** Summed-area table of the squared errors of blocks: entry (r, c) holds the sum over all blocks above r and left of c. */
function summedErrors(original: Image, renditions: readonly Image[], columns: number, rows: number): Float64Array {
  const stride = columns + 1;
  const sums = new Float64Array(stride * (rows + 1));
  for (const rendition of renditions) {
    checkSameSize(original, rendition, "tellingRegion");
    for (let y = 0, i = 0; y < original.height; y++) {
      const row = ((y / BLOCK) | 0) + 1;
      for (let x = 0; x < original.width; x++, i += 3) {
        const red = original.data[i]! - rendition.data[i]!;
        const green = original.data[i + 1]! - rendition.data[i + 1]!;
        const blue = original.data[i + 2]! - rendition.data[i + 2]!;
        const block = row * stride + ((x / BLOCK) | 0) + 1;
        sums[block] = sums[block]! + red * red + green * green + blue * blue;
      }
    }
  }
  for (let row = 1; row <= rows; row++) {
    for (let column = 1, i = row * stride + 1; column <= columns; column++, i++) {
      sums[i] = sums[i]! + sums[i - 1]! + sums[i - stride]! - sums[i - stride - 1]!;
    }
  }
  return sums;
}
