/**
 * Where the transforms of a network start: the discrete cosine transform of blocks, in three opponent colours, its coefficients in
 * the order of the variance that they are expected to have. A network that begins as the transform of JPEG is a codec before its first
 * step, and learns what is better than that.
 *
 * The expected variance is that of a separable first-order autoregressive source with a correlation of 0.95 between neighbours, the
 * usual model of image rows (Ahmed, Natarajan, Rao, "Discrete Cosine Transform", 1974), times a measured share for each colour.
 */

const CORRELATION = 0.95;
/** Orthonormal: brightness, red against blue, green against both. */
const COLOURS = [
  { weights: [1 / Math.sqrt(3), 1 / Math.sqrt(3), 1 / Math.sqrt(3)], variance: 0.16 },
  { weights: [Math.SQRT1_2, 0, -Math.SQRT1_2], variance: 0.008 },
  { weights: [1 / Math.sqrt(6), -2 / Math.sqrt(6), 1 / Math.sqrt(6)], variance: 0.0016 },
] as const;

/** Orthonormal basis functions of a block of colour pixels. */
export interface BlockBasis {
  /** Expected standard deviation of each coefficient, of pixels in 0..1; falling. */
  readonly deviations: readonly number[];
  /** For each coefficient its function `[3, side, side]`, channel by channel, row by row. */
  readonly functions: readonly Float64Array[];
}

/** `[side][side]`: the orthonormal DCT-II of a row. */
function cosines(side: number): readonly (readonly number[])[] {
  return Array.from({ length: side }, (_, k) =>
    Array.from(
      { length: side },
      (_, x) => Math.sqrt((k === 0 ? 1 : 2) / side) * Math.cos((Math.PI * k * (2 * x + 1)) / (2 * side)),
    ),
  );
}

/** Variances of the coefficients of a row of the autoregressive source, whose pixels have variance 1. */
function rowVariances(basis: readonly (readonly number[])[]): readonly number[] {
  return basis.map((row) =>
    row.reduce((sum, a, x) => sum + row.reduce((inner, b, y) => inner + a * b * CORRELATION ** Math.abs(x - y), 0), 0),
  );
}

/** The first `count` functions by expected variance. @throws {RangeError} for more than 3 side^2 of them */
export function blockBasis(side: number, count: number): BlockBasis {
  if (count > 3 * side * side) {
    throw new RangeError(`blockBasis: got ${count} coefficients, expected at most ${3 * side * side}`);
  }
  const basis = cosines(side);
  const variances = rowVariances(basis);
  const all = COLOURS.flatMap(({ weights, variance }) =>
    Array.from({ length: side * side }, (_, i) => {
      const [v, u] = [Math.floor(i / side), i % side];
      return { v, u, weights, variance: variance * variances[v]! * variances[u]! };
    }),
  );
  const kept = all.sort((a, b) => b.variance - a.variance).slice(0, count);
  return {
    deviations: kept.map(({ variance }) => Math.sqrt(variance)),
    functions: kept.map(({ v, u, weights }) => {
      const [rows, columns] = [basis[v] as readonly number[], basis[u] as readonly number[]];
      return Float64Array.from(
        { length: 3 * side * side },
        (_, i) => weights[Math.floor(i / (side * side))]! * rows[Math.floor(i / side) % side]! * columns[i % side]!,
      );
    }),
  };
}
