/**
 * Between interleaved 8-bit pixels and the planar floats that a network takes: [3, height, width], 0..1.
 * Sizes are padded to a multiple that the network can halve, by repeating the last column and the last row: a smooth
 * continuation costs fewer bits than a dark border. Refuses sizes below the image's; converts no colours.
 */
import { checkImage, type Image } from "./image.ts";

/** Sizes of the planes that {@link toPlanar} fills. */
export interface PlanarOptions {
  /** Width of each plane, at least the image's; its columns beyond the image repeat the last one. Default: no padding. */
  readonly padWidth?: number;
  /** Height of each plane, at least the image's; its rows beyond the image repeat the last one. Default: no padding. */
  readonly padHeight?: number;
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
 * Planes of an image: float32 [3, padHeight, padWidth], levels 0..255 mapped to 0..1, the right and bottom filled by
 * repeating the edge.
 *
 * @throws {RangeError} for a malformed image and for padded sizes below the image's.
 */
export function toPlanar(image: Image, options: PlanarOptions = {}): Float32Array {
  checkImage(image, "toPlanar");
  const { width, height, data } = image;
  const { padWidth = width, padHeight = height } = options;
  checkPadded("toPlanar", width, height, padWidth, padHeight);
  const planeSize = padWidth * padHeight;
  const planar = new Float32Array(3 * planeSize);
  for (let y = 0; y < height; y++) {
    let source = 3 * width * y;
    const start = padWidth * y;
    const end = start + width;
    for (let red = start; red < end; red++, source += 3) {
      planar[red] = unitLevels[data[source]!]!;
      planar[red + planeSize] = unitLevels[data[source + 1]!]!;
      planar[red + 2 * planeSize] = unitLevels[data[source + 2]!]!;
    }
    if (padWidth > width) {
      for (let edge = end; edge < end + 3 * planeSize; edge += planeSize) {
        planar.fill(planar[edge - 1]!, edge, edge + padWidth - width);
      }
    }
  }
  for (let plane = 0; plane < 3 * planeSize; plane += planeSize) {
    const lastRow = plane + padWidth * (height - 1);
    for (let y = height; y < padHeight; y++) planar.copyWithin(plane + padWidth * y, lastRow, lastRow + padWidth);
  }
  return planar;
}

/**
 * The image in the top left corner of planes: values are clamped to 0..1 and rounded to the nearest level, halves up;
 * a value that is not a number becomes level 0.
 *
 * @param planar float32 [3, paddedHeight, paddedWidth].
 * @throws {RangeError} if the length of `planar` is another one, or if the image is larger than the planes.
 */
export function fromPlanar(
  planar: Float32Array,
  paddedWidth: number,
  paddedHeight: number,
  width: number,
  height: number,
): Image {
  checkPadded("fromPlanar", width, height, paddedWidth, paddedHeight);
  const planeSize = paddedWidth * paddedHeight;
  if (planar.length !== 3 * planeSize) {
    throw new RangeError(
      `fromPlanar: got ${planar.length} values, expected [3, ${paddedHeight}, ${paddedWidth}] = ${3 * planeSize}`,
    );
  }
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    let target = 3 * width * y;
    const start = paddedWidth * y;
    for (let red = start; red < start + width; red++, target += 3) {
      data[target] = levelOf(planar[red]!);
      data[target + 1] = levelOf(planar[red + planeSize]!);
      data[target + 2] = levelOf(planar[red + 2 * planeSize]!);
    }
  }
  return { width, height, data };
}

/** Nearest of the levels 0..255. The comparisons are written so that a NaN falls through to `| 0`, which makes it 0. */
function levelOf(value: number): number {
  if (value <= 0) return 0;
  if (value >= 1) return 255;
  return (value * 255 + 0.5) | 0;
}

function checkPadded(where: string, width: number, height: number, padWidth: number, padHeight: number): void {
  const sizes = [width, height, padWidth, padHeight];
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1) || padWidth < width || padHeight < height) {
    throw new RangeError(
      `${where}: got planes of ${padWidth} x ${padHeight} for an image of ${width} x ${height}, ` +
        "expected whole positive sizes and planes at least as large as the image",
    );
  }
}
