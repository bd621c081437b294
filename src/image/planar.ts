/**
 * Between interleaved 8-bit pixels and the planar floats that a network takes: [3, height, width], 0..1.
 * Sizes are padded to a multiple that the network can halve, by repeating the last column and the last row: a smooth
 * continuation costs fewer bits than a dark border. Refuses sizes below the image's; converts no colours.
 */
import { checkImage, type Image } from "./image.ts";

/** A rectangle of an image or of the padded image around it, in pixels. */
export interface PixelWindow {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** `level / 255` as float32 for the 256 levels: a look-up is faster than the division. */
const unitLevels: Float32Array = Float32Array.from({ length: 256 }, (_, level) => level / 255);

/**
 * The smallest multiple of `multiple` that is not below `size`.
 *
 * @throws {RangeError} unless both are positive integers.
 */
export function paddedSize(size: number, multiple: number): number {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`paddedSize: got a size of ${size}, expected a positive integer`);
  }
  if (!Number.isInteger(multiple) || multiple < 1) {
    throw new RangeError(`paddedSize: got a multiple of ${multiple}, expected a positive integer`);
  }
  return Math.ceil(size / multiple) * multiple;
}

/**
 * Planes of a window of an image: float32 [3, window.height, window.width], levels 0..255 mapped to 0..1. Where the window reaches
 * beyond the right or the bottom edge, the last column and the last row are repeated.
 *
 * @param window default: the whole image.
 * @param into receives the planes, in place of a new array.
 * @throws {RangeError} for a malformed image or window, a window that begins outside of the image, or an array of another length.
 */
export function toPlanar(image: Image, window?: PixelWindow, into?: Float32Array): Float32Array {
  checkImage(image, "toPlanar");
  const { width, height, data } = image;
  const { top, left, height: rows, width: columns } = window ?? { top: 0, left: 0, height, width };
  checkWindow("toPlanar", image, { top, left, height: rows, width: columns });
  const planeSize = rows * columns;
  const planar = into ?? new Float32Array(3 * planeSize);
  if (planar.length !== 3 * planeSize) {
    throw new RangeError(`toPlanar: got an array of ${planar.length} elements, expected ${3 * planeSize}`);
  }
  const inside = Math.min(columns, width - left);
  const insideRows = Math.min(rows, height - top);
  for (let row = 0; row < insideRows; row++) {
    let source = 3 * (width * (top + row) + left);
    const start = columns * row;
    const end = start + inside;
    for (let red = start; red < end; red++, source += 3) {
      planar[red] = unitLevels[data[source]!]!;
      planar[red + planeSize] = unitLevels[data[source + 1]!]!;
      planar[red + 2 * planeSize] = unitLevels[data[source + 2]!]!;
    }
    if (columns > inside) {
      for (let edge = end; edge < end + 3 * planeSize; edge += planeSize) {
        planar.fill(planar[edge - 1]!, edge, edge + columns - inside);
      }
    }
  }
  for (let plane = 0; plane < 3 * planeSize; plane += planeSize) {
    const lastRow = plane + columns * (insideRows - 1);
    for (let row = insideRows; row < rows; row++) planar.copyWithin(plane + columns * row, lastRow, lastRow + columns);
  }
  return planar;
}

/** Where {@link drawPlanar} takes its pixels from. */
export interface PlanarSource {
  /** float32 [3, height, width]. */
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
  /** Which of its elements goes to the top left corner of the window. */
  readonly top: number;
  readonly left: number;
}

/**
 * Writes planes into a window of an image: values are clamped to 0..1 and rounded to the nearest level, halves up; a value
 * that is not a number becomes level 0. What is beyond the edges of the image is left out.
 *
 * @throws {RangeError} for a malformed image or window, or a source that does not cover it.
 */
export function drawPlanar(source: PlanarSource, image: Image, window: PixelWindow): void {
  checkImage(image, "drawPlanar");
  checkWindow("drawPlanar", image, window);
  const planeSize = source.height * source.width;
  const fits = source.top + window.height <= source.height && source.left + window.width <= source.width;
  if (source.data.length !== 3 * planeSize || !fits || source.top < 0 || source.left < 0) {
    throw new RangeError(
      `drawPlanar: got planes of ${source.width} x ${source.height} (${source.data.length} values) from ${source.left}, ${source.top}, expected at least ${window.width} x ${window.height} of them`,
    );
  }
  const columns = Math.min(window.width, image.width - window.left);
  const rows = Math.min(window.height, image.height - window.top);
  const planar = source.data;
  for (let row = 0; row < rows; row++) {
    let target = 3 * (image.width * (window.top + row) + window.left);
    const start = source.width * (source.top + row) + source.left;
    for (let red = start; red < start + columns; red++, target += 3) {
      image.data[target] = levelOf(planar[red]!);
      image.data[target + 1] = levelOf(planar[red + planeSize]!);
      image.data[target + 2] = levelOf(planar[red + 2 * planeSize]!);
    }
  }
}

/** Nearest of the levels 0..255. The comparisons are written so that a NaN falls through to `| 0`, which makes it 0. */
function levelOf(value: number): number {
  if (value <= 0) return 0;
  if (value >= 1) return 255;
  return (value * 255 + 0.5) | 0;
}

function checkWindow(where: string, image: Image, { top, left, height, width }: PixelWindow): void {
  const whole = [top, left, height, width].every(Number.isInteger);
  if (!whole || top < 0 || left < 0 || height < 1 || width < 1 || top >= image.height || left >= image.width) {
    throw new RangeError(
      `${where}: got a window of ${width} x ${height} at ${left}, ${top}, expected one that begins inside of the ${image.width} x ${image.height} image`,
    );
  }
}
