/**
 * Level lines of a function on a regular grid, by marching squares with linear interpolation (Lorensen & Cline 1987, in the
 * plane). Pieces are joined into long lines, so that a picture needs few marks.
 */

/** A function sampled on a grid: the value at column i and row j stands at `values[j * columns + i]`. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
  readonly values: Float32Array;
}

/** A line as points [x, y]. */
export type Polyline = readonly (readonly [number, number])[];

/** A crossing of the grid's edges, by its edge: two neighbours share an edge, and so the end of a piece. */
interface Crossing {
  readonly edge: number;
  readonly point: readonly [number, number];
}

/** The lines on which the function has the value `level`. A saddle is resolved by the mean of its four corners. */
export function contourLines(grid: Grid, level: number): readonly Polyline[] {
  return joined(piecesOf(grid, level));
}

function piecesOf(grid: Grid, level: number): (readonly [Crossing, Crossing])[] {
  const { columns, rows, values } = grid;
  const pieces: (readonly [Crossing, Crossing])[] = [];
  const at = (i: number, j: number): number => values[j * columns + i]! - level;
  const place = (i: number, j: number): readonly [number, number] => [
    grid.left + ((grid.right - grid.left) * i) / (columns - 1),
    grid.bottom + ((grid.top - grid.bottom) * j) / (rows - 1),
  ];
  /** Where the level is crossed between two neighbouring grid points, or null. */
  const crossing = (i0: number, j0: number, i1: number, j1: number): Crossing | null => {
    const a = at(i0, j0);
    const b = at(i1, j1);
    if (a > 0 === b > 0) return null;
    const t = a / (a - b);
    const [x0, y0] = place(i0, j0);
    const [x1, y1] = place(i1, j1);
    const isHorizontal = j0 === j1;
    return {
      edge: 2 * (j0 * columns + i0) + (isHorizontal ? 0 : 1),
      point: [x0 + t * (x1 - x0), y0 + t * (y1 - y0)],
    };
  };
  for (let j = 0; j + 1 < rows; j++) {
    for (let i = 0; i + 1 < columns; i++) {
      const sides = [
        crossing(i, j, i + 1, j),
        crossing(i + 1, j, i + 1, j + 1),
        crossing(i, j + 1, i + 1, j + 1),
        crossing(i, j, i, j + 1),
      ];
      const [bottom, right, top, left] = sides;
      if (bottom && right && top && left) {
        const middle = at(i, j) + at(i + 1, j) + at(i, j + 1) + at(i + 1, j + 1);
        // The middle belongs to the lower left corner's side: the other two corners are cut off.
        const isWithCorner = middle > 0 === at(i, j) > 0;
        pieces.push(isWithCorner ? [bottom, right] : [bottom, left], isWithCorner ? [top, left] : [top, right]);
        continue;
      }
      const [first, second] = sides.filter((side) => side !== null);
      if (first && second) pieces.push([first, second]);
    }
  }
  return pieces;
}

function joined(pieces: readonly (readonly [Crossing, Crossing])[]): Polyline[] {
  const byEdge = new Map<number, number[]>();
  pieces.forEach((piece, p) => {
    for (const { edge } of piece) byEdge.set(edge, [...(byEdge.get(edge) ?? []), p]);
  });
  const used = new Set<number>();
  /** Follows pieces from an edge as far as they go. */
  const follow = (edge: number): (readonly [number, number])[] => {
    const points: (readonly [number, number])[] = [];
    for (let here = edge; ; ) {
      const next = byEdge.get(here)?.find((p) => !used.has(p));
      if (next === undefined) return points;
      used.add(next);
      const [a, b] = pieces[next] as readonly [Crossing, Crossing];
      const ahead = a.edge === here ? b : a;
      points.push(ahead.point);
      here = ahead.edge;
    }
  };
  const lines: Polyline[] = [];
  pieces.forEach(([a, b], p) => {
    if (used.has(p)) return;
    used.add(p);
    const forwards = follow(b.edge);
    const backwards = follow(a.edge);
    lines.push([...backwards.reverse(), a.point, b.point, ...forwards]);
  });
  return lines;
}
