/** Lines and curves as SVG, drawn by resvg without any font onto a canvas. */
import { Resvg } from "@resvg/resvg-js";
import { Canvas } from "./canvas.ts";
import { type Colour, cssColour } from "./colours.ts";

/** A point in pixels. */
export type Point = readonly [number, number];

/** How a line looks. */
export interface Pen {
  readonly colour: Colour;
  readonly width: number;
  readonly fill?: Colour | undefined;
  /** Lengths of dashes and gaps as SVG writes them. */
  readonly dashes?: string | undefined;
}

/** Collects shapes and draws them at once. */
export class Strokes {
  readonly #shapes: string[] = [];

  /** Lines through points, closed if so asked. */
  polyline(points: readonly Point[], pen: Pen, closed: boolean = false): void {
    const path = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${short(x)} ${short(y)}`).join("");
    this.path(closed ? `${path}Z` : path, pen);
  }

  /** A smooth curve through the middles between points. */
  curve(points: readonly Point[], pen: Pen): void {
    const [first, ...rest] = points as [Point, ...Point[]];
    let path = `M${short(first[0])} ${short(first[1])}`;
    for (let i = 0; i + 1 < rest.length; i++) {
      const [x, y] = rest[i] as Point;
      const [nextX, nextY] = rest[i + 1] as Point;
      path += `Q${short(x)} ${short(y)} ${short((x + nextX) / 2)} ${short((y + nextY) / 2)}`;
    }
    this.path(path, pen);
  }

  /** A circle. */
  circle([x, y]: Point, radius: number, pen: Pen): void {
    this.#shapes.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${short(radius)}"${look(pen)}/>`);
  }

  /** A path in the language of SVG. */
  path(description: string, pen: Pen): void {
    this.#shapes.push(`<path d="${description}"${look(pen)}/>`);
  }

  /** A picture of the shapes on one colour. @param smooth whether edges are smooth. */
  onto(side: number, ground: Colour, smooth: boolean): Canvas {
    const rendering = smooth ? "geometricPrecision" : "crispEdges";
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="${side}" height="${side}" fill="${cssColour(ground)}"/><g stroke-linejoin="round" shape-rendering="${rendering}">${this.#shapes.join("")}</g></svg>`;
    const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
    const canvas = new Canvas(side, ground);
    for (let from = 0, to = 0; to < canvas.pixels.length; from += 4, to += 3) {
      canvas.pixels[to] = pixels[from]!;
      canvas.pixels[to + 1] = pixels[from + 1]!;
      canvas.pixels[to + 2] = pixels[from + 2]!;
    }
    return canvas;
  }
}

function look({ colour, width, fill, dashes }: Pen): string {
  const stroke = width > 0 ? ` stroke="${cssColour(colour)}" stroke-width="${short(width)}"` : "";
  const inside = fill === undefined ? "none" : cssColour(fill);
  return `${stroke} fill="${inside}"${dashes === undefined ? "" : ` stroke-dasharray="${dashes}"`}`;
}

/** A number to a hundredth. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
