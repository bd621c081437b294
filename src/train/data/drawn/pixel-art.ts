/** Pixel art: worlds of tiles, symmetric figures, and random blocks, in few colours, with whole pixels that are enlarged. */
import { Canvas } from "./canvas.ts";
import { anyColour, BLACK, type Colour, palette } from "./colours.ts";
import type { Dice } from "./dice.ts";

/** A small picture: numbers of colours, row by row; -1 is seen through. */
interface Sprite {
  readonly width: number;
  readonly height: number;
  readonly cells: Int8Array;
}

const TRANSPARENT = -1;

/** A figure, alike left and right, with an outline (colour 0). */
function figure(dice: Dice, colours: number): Sprite {
  const half = dice.integer(3, 7);
  const [width, height] = [2 * half, dice.integer(6, 16)];
  const cells = new Int8Array(width * height).fill(TRANSPARENT);
  for (let y = 1; y < height - 1; y++) {
    const reach = dice.integer(1, half - 1);
    const colour = dice.integer(1, colours - 1);
    for (let x = 0; x < reach; x++) {
      const value = dice.chance(0.2) ? dice.integer(1, colours - 1) : colour;
      cells[y * width + half + x] = value;
      cells[y * width + half - 1 - x] = value;
    }
  }
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? TRANSPARENT : cells[y * width + x]!;
  const outlined = cells.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (at(x, y) !== TRANSPARENT) continue;
      if (Math.max(at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)) > 0) outlined[y * width + x] = 0;
    }
  }
  return { width, height, cells: outlined };
}

/** A tile of the ground: one colour with specks, bricks, or a diagonal hatching. */
function groundTile(dice: Dice, size: number, colours: number): Sprite {
  const [ground, speck] = [dice.integer(0, colours - 1), dice.integer(0, colours - 1)];
  const kind = dice.integer(0, 3);
  const density = dice.pick([0, 0.05, 0.2]);
  const cells = Int8Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    if (kind === 0) return y % 4 === 0 || (x + (y & 4)) % 8 === 0 ? speck : ground;
    if (kind === 1) return (x + y) % 4 === 0 ? speck : ground;
    return dice.chance(density) ? speck : ground;
  });
  return { width: size, height: size, cells };
}

/** A picture of pixel art. */
export function drawPixelArt(dice: Dice, side: number): Canvas {
  const scale = dice.pick([1, 2, 2, 3, 4, 4, 5, 6, 8]);
  const small = Math.ceil(side / scale);
  const count = dice.integer(4, 16);
  const colours = dice.chance(0.5) ? palette(dice, count) : Array.from({ length: count }, () => anyColour(dice));
  const cells = new Uint8Array(small * small);
  const put = ({ width, height, cells: from }: Sprite, left: number, top: number): void => {
    for (let y = Math.max(0, -top); y < Math.min(height, small - top); y++) {
      for (let x = Math.max(0, -left); x < Math.min(width, small - left); x++) {
        const value = from[y * width + x]!;
        if (value !== TRANSPARENT) cells[(top + y) * small + left + x] = value;
      }
    }
  };
  const kind = dice.fraction();
  if (kind < 0.25) blocks(dice, small, cells, count);
  else if (kind < 0.7) world(dice, small, count, put);
  else sheet(dice, small, count, put);
  const canvas = new Canvas(side, BLACK);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = cells[Math.floor(y / scale) * small + Math.floor(x / scale)]!;
      canvas.pixels.set(colours[value] as Colour, 3 * (y * side + x));
    }
  }
  return canvas;
}

/** Rectangles of random colours over each other. */
function blocks(dice: Dice, small: number, cells: Uint8Array, count: number): void {
  for (let i = dice.integer(10, 120); i > 0; i--) {
    const [width, height] = [dice.integer(1, 2 + (small >> 2)), dice.integer(1, 2 + (small >> 2))];
    const [left, top] = [dice.integer(0, small - 1), dice.integer(0, small - 1)];
    const colour = dice.integer(0, count - 1);
    for (let y = top; y < Math.min(small, top + height); y++) {
      cells.fill(colour, y * small + left, y * small + Math.min(small, left + width));
    }
  }
}

type Put = (sprite: Sprite, left: number, top: number) => void;

/** Tiles of the ground in patches, with figures on them. */
function world(dice: Dice, small: number, count: number, put: Put): void {
  const size = dice.pick([8, 8, 16]);
  const tiles = Array.from({ length: dice.integer(2, 5) }, () => groundTile(dice, size, count));
  const across = Math.ceil(small / size);
  let current = dice.pick(tiles);
  for (let row = 0; row < across; row++) {
    for (let column = 0; column < across; column++) {
      if (dice.chance(0.3)) current = dice.pick(tiles);
      put(current, column * size, row * size);
    }
  }
  const figures = Array.from({ length: dice.integer(1, 4) }, () => figure(dice, count));
  for (let i = dice.integer(2, 2 + across); i > 0; i--) {
    put(dice.pick(figures), dice.integer(-4, small - 4), dice.integer(-4, small - 4));
  }
}

/** Figures in rows on one colour. */
function sheet(dice: Dice, small: number, count: number, put: Put): void {
  const ground = dice.integer(0, count - 1);
  put({ width: small, height: small, cells: new Int8Array(small * small).fill(ground) }, 0, 0);
  for (let top = dice.integer(0, 6); top < small; top += 18) {
    for (let left = dice.integer(0, 6); left < small; left += 16) put(figure(dice, count), left, top);
  }
}
