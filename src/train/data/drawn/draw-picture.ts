/**
 * Drawn pictures for training: what people see on screens beside photographs. A picture is a function of (seed, index, side) alone;
 * nothing is read but the fonts of the package dejavu-fonts-ttf.
 *
 * The same on one machine and version of Halfstep. Curves go through Math.sin and Math.cos, whose last bit the language leaves open. Any
 * change here changes the training of runs with `drawn`: list it in the changelog.
 */
import type { Canvas } from "./canvas.ts";
import { Dice } from "./dice.ts";
import { drawDithering } from "./dithering.ts";
import { drawLineArt } from "./line-art.ts";
import { drawPatterns } from "./patterns.ts";
import { drawPixelArt } from "./pixel-art.ts";
import { drawScreenshot } from "./screenshots.ts";
import { drawTextPage } from "./text-pages.ts";

/** What a picture shows. */
export type PictureKind = "screenshot" | "text" | "line-art" | "dithering" | "pattern" | "pixel-art";

const DRAWERS: Readonly<Record<PictureKind, (dice: Dice, side: number) => Canvas>> = {
  screenshot: drawScreenshot,
  text: drawTextPage,
  "line-art": drawLineArt,
  dithering: drawDithering,
  pattern: drawPatterns,
  "pixel-art": drawPixelArt,
};

/** How many of a hundred pictures are of each kind. */
export const PICTURE_PERCENT: Readonly<Record<PictureKind, number>> = {
  screenshot: 30,
  text: 22,
  "line-art": 14,
  dithering: 14,
  pattern: 12,
  "pixel-art": 8,
};

/** Least and largest side of a picture, in pixels. */
export const LEAST_SIDE = 32;
export const LARGEST_SIDE = 4096;

function kindBy(dice: Dice): PictureKind {
  let left = 100 * dice.fraction();
  for (const [kind, percent] of Object.entries(PICTURE_PERCENT)) {
    if (left < percent) return kind as PictureKind;
    left -= percent;
  }
  throw new Error("internal: the shares of drawn pictures do not add up to 100");
}

/** The kind of the picture of a number: by chance, with the shares of {@link PICTURE_PERCENT}. */
export function pictureKind(seed: number | bigint, index: number): PictureKind {
  return kindBy(new Dice(seed, index));
}

/**
 * Draws a picture.
 * @param seed as for `CounterRandom`. @param index number of the picture, 0..2^53-1. @param side in pixels, 32..4096.
 * @returns side x side x 3 bytes: sRGB levels r, g, b of each pixel, row by row.
 * @throws RangeError for arguments outside of these ranges.
 */
export function drawPicture(seed: number | bigint, index: number, side: number): Uint8Array {
  if (!Number.isInteger(side) || side < LEAST_SIDE || side > LARGEST_SIDE) {
    throw new RangeError(`drawPicture: got side ${side}, expected an integer in ${LEAST_SIDE}..${LARGEST_SIDE}`);
  }
  const dice = new Dice(seed, index);
  return DRAWERS[kindBy(dice)](dice, side).pixels;
}
