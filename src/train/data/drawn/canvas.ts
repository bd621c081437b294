/**
 * A square picture that is drawn on: rectangles on whole pixels, gradients, and shapes with smooth edges. Coordinates are in pixels
 * of a scene that may be larger than the picture; what is outside of the picture or of the clip is not drawn.
 */
import { type Colour, mixed } from "./colours.ts";

/** A rectangle in whole pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture with the means to draw on it. */
export class Canvas {
  readonly side: number;
  /** Bytes r, g, b of each pixel, row by row. */
  readonly pixels: Uint8Array;
  /** The scene's point that is the picture's upper left corner. */
  readonly #originX: number;
  readonly #originY: number;
  /** In pixels of the picture; right and bottom are excluded. */
  #clip: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

  /** A picture of one colour. */
  constructor(side: number, background: Colour, originX: number = 0, originY: number = 0) {
    this.side = side;
    this.pixels = new Uint8Array(3 * side * side);
    this.#originX = originX;
    this.#originY = originY;
    this.#clip = { left: 0, top: 0, right: side, bottom: side };
    this.rectangle(originX, originY, side, side, background);
  }

  /** Draws inside of a box only. */
  within({ x, y, width, height }: Box, draw: () => void): void {
    const before = this.#clip;
    const left = x - this.#originX;
    const top = y - this.#originY;
    this.#clip = {
      left: Math.max(before.left, left),
      top: Math.max(before.top, top),
      right: Math.min(before.right, left + width),
      bottom: Math.min(before.bottom, top + height),
    };
    draw();
    this.#clip = before;
  }

  /** Whether any of a box can be seen. */
  shows(x: number, y: number, width: number, height: number): boolean {
    const { left, top, right, bottom } = this.#clip;
    const inX = x - this.#originX < right && x + width - this.#originX > left;
    return inX && y - this.#originY < bottom && y + height - this.#originY > top;
  }

  /** Fills a rectangle; its corners are rounded to whole pixels. */
  rectangle(x: number, y: number, width: number, height: number, colour: Colour, opacity: number = 1): void {
    this.#fillRows(x, y, width, height, opacity, () => colour);
  }

  /** Fills a rectangle with colours that change from the top to the bottom, in steps of whole levels. */
  gradient(box: Box, from: Colour, to: Colour): void {
    this.#fillRows(box.x, box.y, box.width, box.height, 1, (row) => mixed(from, to, row / Math.max(1, box.height - 1)));
  }

  #fillRows(
    x: number,
    y: number,
    width: number,
    height: number,
    opacity: number,
    colourOf: (row: number) => Colour,
  ): void {
    const start = Math.round(x) - this.#originX;
    const first = Math.round(y) - this.#originY;
    const { left, top, right, bottom } = this.#clip;
    const from = Math.max(start, left);
    const to = Math.min(start + Math.round(width), right);
    const last = Math.min(first + Math.round(height), bottom);
    for (let row = Math.max(first, top); row < last; row++) {
      const colour = colourOf(row - first);
      for (let column = from; column < to; column++) this.#blend(3 * (row * this.side + column), colour, opacity);
    }
  }

  /** The lines around a rectangle, inside of it. */
  frame(x: number, y: number, width: number, height: number, colour: Colour, thickness: number = 1): void {
    this.rectangle(x, y, width, thickness, colour);
    this.rectangle(x, y + height - thickness, width, thickness, colour);
    this.rectangle(x, y, thickness, height, colour);
    this.rectangle(x + width - thickness, y, thickness, height, colour);
  }

  /**
   * Fills the points of a box at which `distance`, in pixels and negative inside, is less than 0; edges are smooth over a pixel.
   * @param distance of a point (x, y) from the shape's outline.
   */
  shape({ x, y, width, height }: Box, distance: (x: number, y: number) => number, colour: Colour, opacity = 1): void {
    const { left, top, right, bottom } = this.#clip;
    const fromX = Math.max(left, Math.floor(x) - this.#originX);
    const toX = Math.min(right, Math.ceil(x + width) - this.#originX);
    const toY = Math.min(bottom, Math.ceil(y + height) - this.#originY);
    for (let row = Math.max(top, Math.floor(y) - this.#originY); row < toY; row++) {
      for (let column = fromX; column < toX; column++) {
        const outside = distance(column + this.#originX + 0.5, row + this.#originY + 0.5);
        if (outside >= 0.5) continue;
        this.#blend(3 * (row * this.side + column), colour, opacity * Math.min(1, 0.5 - outside));
      }
    }
  }

  /** A rectangle with round corners, or the line around it when `thickness` is given. */
  rounded(box: Box, radius: number, colour: Colour, options: { opacity?: number; thickness?: number } = {}): void {
    const { opacity = 1, thickness } = options;
    const halfX = box.width / 2;
    const halfY = box.height / 2;
    const centreX = box.x + halfX;
    const centreY = box.y + halfY;
    const distance = (x: number, y: number): number => {
      const beyondX = Math.abs(x - centreX) - halfX + radius;
      const beyondY = Math.abs(y - centreY) - halfY + radius;
      const outside =
        beyondX > 0 && beyondY > 0 ? Math.sqrt(beyondX * beyondX + beyondY * beyondY) : Math.max(beyondX, beyondY);
      return thickness === undefined ? outside - radius : Math.abs(outside - radius + thickness / 2) - thickness / 2;
    };
    this.shape(box, distance, colour, opacity);
  }

  /** A disc, or the ring of the given thickness at its edge. */
  disc(x: number, y: number, radius: number, colour: Colour, options: { thickness?: number } = {}): void {
    this.rounded({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }, radius, colour, options);
  }

  /** A straight line with round ends. */
  line(fromX: number, fromY: number, toX: number, toY: number, thickness: number, colour: Colour): void {
    const alongX = toX - fromX;
    const alongY = toY - fromY;
    const squared = Math.max(1e-9, alongX * alongX + alongY * alongY);
    const margin = thickness / 2 + 1;
    const box = {
      x: Math.min(fromX, toX) - margin,
      y: Math.min(fromY, toY) - margin,
      width: Math.abs(alongX) + 2 * margin,
      height: Math.abs(alongY) + 2 * margin,
    };
    const distance = (x: number, y: number): number => {
      const place = Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / squared));
      const offX = x - fromX - place * alongX;
      const offY = y - fromY - place * alongY;
      return Math.sqrt(offX * offX + offY * offY) - thickness / 2;
    };
    this.shape(box, distance, colour);
  }

  /** Mixes a colour into one pixel of the scene, by a coverage in 0..1 for each of red, green and blue. */
  cover(x: number, y: number, colour: Colour, red: number, green: number, blue: number): void {
    const column = x - this.#originX;
    const row = y - this.#originY;
    const { left, top, right, bottom } = this.#clip;
    if (column < left || column >= right || row < top || row >= bottom) return;
    const place = 3 * (row * this.side + column);
    const { pixels } = this;
    pixels[place] = blended(pixels[place]!, colour[0], red);
    pixels[place + 1] = blended(pixels[place + 1]!, colour[1], green);
    pixels[place + 2] = blended(pixels[place + 2]!, colour[2], blue);
  }

  #blend(place: number, colour: Colour, coverage: number): void {
    const { pixels } = this;
    if (coverage >= 1) {
      pixels[place] = colour[0];
      pixels[place + 1] = colour[1];
      pixels[place + 2] = colour[2];
    } else {
      pixels[place] = blended(pixels[place]!, colour[0], coverage);
      pixels[place + 1] = blended(pixels[place + 1]!, colour[1], coverage);
      pixels[place + 2] = blended(pixels[place + 2]!, colour[2], coverage);
    }
  }
}

function blended(below: number, above: number, coverage: number): number {
  return Math.round(below + (above - below) * coverage);
}
