/** The pixels that a tile of y changes: what they are, which of them count, and how far a decoder's are from them. */

import type { FloatArray } from "../../engine/index.ts";
import type { Image } from "../../image/image.ts";
import type { ImageSource } from "../../image/image-rows.ts";
import { toPlanar } from "../../image/planar.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import { finer, type Rectangle, windowOf, within } from "../tiling/windows.ts";

/** A tile of y with its surroundings, in elements of y. */
export interface Surroundings {
  /** The tile in the map. */
  readonly tile: Rectangle;
  /** What must be decoded to see all pixels that the tile changes. */
  readonly window: Rectangle;
  /** Those pixels, in pixels of the image and the padding around it. */
  readonly changed: Rectangle;
}

/** @param halo of the synthesis, see `Halos` */
export function surroundingsOf(
  tile: Rectangle,
  halo: number,
  map: { readonly height: number; readonly width: number },
): Surroundings {
  return { tile, window: windowOf(tile, 2 * halo, map), changed: finer(windowOf(tile, halo, map), Y_STRIDE) };
}

/** Rows of an image, from a row on. */
export interface PixelBand {
  readonly top: number;
  readonly image: Image;
}

/** Reads the rows under some rows of y. @throws what the source throws */
export async function readBand(source: ImageSource, { top, height }: Rectangle): Promise<PixelBand> {
  const first = Y_STRIDE * top;
  const rows = Math.min(Y_STRIDE * height, source.height - first);
  const data = await source.readRows(first, rows);
  return { top: first, image: { width: source.width, height: rows, data } };
}

/** The pixels of a window. */
export interface PixelWindow {
  /** `[1, 3, 16 h, 16 w]`, 0..1. */
  readonly image: FloatArray;
  /** `[1, 1, 16 h, 16 w]`: 1 where a pixel of the image changes with the tile, 0 elsewhere. */
  readonly counted: FloatArray;
  /** Where those pixels lie in the window. */
  readonly place: Rectangle;
}

/** Cuts the pixels of a window out of a band. @param size of the image without padding */
export function cutPixels(
  { window, changed }: Surroundings,
  { top, image }: PixelBand,
  size: { readonly height: number; readonly width: number },
): PixelWindow {
  const area = finer(window, Y_STRIDE);
  const { height, width } = area;
  const counted = new Float32Array(height * width);
  const inside = within(changed, area);
  const rows = Math.min(inside.height, size.height - changed.top);
  const columns = Math.min(inside.width, size.width - changed.left);
  for (let row = inside.top; row < inside.top + rows; row++) {
    counted.fill(1, row * width + inside.left, row * width + inside.left + columns);
  }
  return {
    image: { data: toPlanar(image, { ...area, top: area.top - top }), shape: [1, 3, height, width] },
    counted: { data: counted, shape: [1, 1, height, width] },
    place: { top: inside.top, left: inside.left, height: rows, width: columns },
  };
}

/** The level that a decoder shows for a value of 0..1. */
export function shownLevel(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

/** Squared error in levels 0..255 of what a decoder shows, summed over the pixels that count and their three channels. */
export function squaredLevelError({ data }: FloatArray, { image, counted }: PixelWindow): number {
  const area = counted.data.length;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    if (counted.data[i % area] === 0) continue;
    sum += (shownLevel(data[i]!) - 255 * image.data[i]!) ** 2;
  }
  return sum;
}
