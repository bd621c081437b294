/** Patterns that repeat after a few pixels: chessboards, stripes, weaves, grids, small tiles, rings and crossed gratings. */
import { Canvas } from "./canvas.ts";
import { type Colour, contrastingPair, palette } from "./colours.ts";
import type { Dice } from "./dice.ts";

/** The number of a pixel's colour. */
export type Pattern = (x: number, y: number) => number;

/** Cells of two colours in turn. @param cell side of a cell in pixels. */
export function chessboard(cell: number): Pattern {
  return (x, y) => (Math.floor(x / cell) + Math.floor(y / cell)) & 1;
}

/**
 * Threads that run over and under each other: colour 0 is the warp, 1 the weft, 2 the gap between threads.
 * @param thread width of a thread. @param gap pixels between threads. @param shift by how many threads each row moves on.
 * @param over over how many threads one goes before it goes under as many.
 */
export function weave(thread: number, gap: number, over: number, shift: number): Pattern {
  const period = thread + gap;
  return (x, y) => {
    const inColumn = x % period < thread;
    const inRow = y % period < thread;
    if (!inColumn && !inRow) return 2;
    const place = Math.floor(x / period) + shift * Math.floor(y / period);
    const warpAbove = place % (2 * over) < over;
    if (inColumn && inRow) return warpAbove ? 0 : 1;
    return inColumn ? 0 : 1;
  };
}

/** Stripes of the given widths in turn. @param slopeX 0 for stripes that lie, 1 for stripes that stand or lean. */
export function stripes(widths: readonly number[], slopeX: number, slopeY: number): Pattern {
  const period = widths.reduce((sum, width) => sum + width, 0);
  return (x, y) => {
    let place = (((slopeX * x + slopeY * y) % period) + period) % period;
    let stripe = 0;
    while (place >= widths[stripe]!) place -= widths[stripe++]!;
    return stripe;
  };
}

/** Lines, or dots where lines would cross, on a ground. */
function grid(period: number, thickness: number, dots: boolean): Pattern {
  return (x, y) => {
    const column = x % period < thickness;
    const row = y % period < thickness;
    return Number(dots ? column && row : column || row);
  };
}

/** A tile of random colours, repeated, in every second row moved by half when `staggered`. */
function tile(dice: Dice, colours: number): Pattern {
  const width = dice.integer(2, 12);
  const height = dice.integer(2, 12);
  const cells = Array.from({ length: width * height }, () => dice.integer(0, colours - 1));
  const scale = dice.pick([1, 1, 1, 2, 3]);
  const staggered = dice.chance(0.3) ? width >> 1 : 0;
  return (x, y) => {
    const column = Math.floor(x / scale);
    const row = Math.floor(y / scale);
    const moved = column + staggered * (Math.floor(row / height) & 1);
    return cells[(row % height) * width + (moved % width)]!;
  };
}

/** Rings and crossed gratings, whose period nears that of pixels somewhere: they show false patterns. */
function gratings(dice: Dice): Pattern {
  const centreX = dice.integer(-200, 600);
  const centreY = dice.integer(-200, 600);
  if (dice.chance(0.5)) {
    const fall = dice.between(40, 2000);
    return (x, y) => Math.floor(((x - centreX) ** 2 + (y - centreY) ** 2) / fall) & 1;
  }
  const [a, b, c, d] = [
    dice.between(0.05, 0.7),
    dice.between(-0.7, 0.7),
    dice.between(0.05, 0.7),
    dice.between(-0.7, 0.7),
  ];
  const exclusive = dice.chance(0.5);
  return (x, y) => {
    const first = Math.floor(a * x + b * y) & 1;
    const second = Math.floor(c * x + d * y) & 1;
    return exclusive ? first ^ second : first & second;
  };
}

/** Each cell one of two colours by chance: nothing in it repeats. */
function randomCells(dice: Dice, side: number): Pattern {
  const cell = dice.pick([1, 1, 2, 3, 4]);
  const values = new Float32Array(side * side);
  dice.fill(values);
  const density = dice.pick([0.05, 0.2, 0.5]);
  return (x, y) => Number(values[Math.floor(y / cell) * side + Math.floor(x / cell)]! < density);
}

function anyPattern(dice: Dice, side: number): Pattern {
  const kind = dice.fraction();
  if (kind < 0.25) return chessboard(dice.pick([1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8]));
  if (kind < 0.4) {
    const widths = Array.from({ length: dice.integer(2, 3) }, () => dice.integer(1, dice.pick([1, 2, 8])));
    const [slopeX, slopeY] = dice.pick([
      [1, 0],
      [0, 1],
      [1, 1],
      [1, -1],
      [2, 1],
      [1, 2],
    ] as const);
    return stripes(widths, slopeX, slopeY);
  }
  if (kind < 0.6) return weave(dice.integer(1, 8), dice.pick([0, 0, 1, 1, 2]), dice.integer(1, 3), dice.integer(1, 2));
  if (kind < 0.72) return grid(dice.integer(2, 24), dice.pick([1, 1, 2]), dice.chance(0.4));
  if (kind < 0.86) return tile(dice, dice.integer(2, 3));
  if (kind < 0.95) return gratings(dice);
  return randomCells(dice, side);
}

/** Paints a pattern into a part of the canvas. */
export function paintPattern(
  canvas: Canvas,
  pattern: Pattern,
  colours: readonly Colour[],
  part: readonly number[],
): void {
  const [left, top, right, bottom] = part as [number, number, number, number];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) canvas.pixels.set(colours[pattern(x, y)] as Colour, 3 * (y * canvas.side + x));
  }
}

/** A picture filled with one pattern, or with two or four beside each other, in some with a plain rectangle on it. */
export function drawPatterns(dice: Dice, side: number): Canvas {
  const [first, second] = contrastingPair(dice, dice.pick([16, 60, 120]));
  const canvas = new Canvas(side, first);
  const layout = dice.fraction();
  const across = layout < 0.6 ? side : dice.integer(side >> 2, side - (side >> 2));
  const down = layout < 0.8 ? side : dice.integer(side >> 2, side - (side >> 2));
  const parts = [
    [0, 0, across, down],
    [across, 0, side, down],
    [0, down, across, side],
    [across, down, side, side],
  ].filter(
    ([left, top, right, bottom]) => (left as number) < (right as number) && (top as number) < (bottom as number),
  );
  const sameColours = dice.chance(0.5);
  for (const part of parts) {
    const pair = sameColours ? [first, second] : contrastingPair(dice, 40);
    paintPattern(canvas, anyPattern(dice, side), [...pair, ...palette(dice, 1)], part);
  }
  if (dice.chance(0.25)) {
    const width = dice.integer(side >> 3, side >> 1);
    canvas.rectangle(
      dice.integer(0, side - width),
      dice.integer(0, side >> 1),
      width,
      dice.integer(8, side >> 1),
      second,
    );
  }
  return canvas;
}
