/**
 * The pair of Gauss (7 points) and Kronrod (15 points) on [-1, 1] (Kronrod 1965; the figures are those of QUADPACK, Piessens et
 * al. 1983). Exact for polynomials of degree 13 and 22. A test checks both.
 */

/** The positive Kronrod points from the outside in, then 0. Every second one, from the second, is a Gauss point. */
const POSITIVE_POINTS = [
  0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945, 0.5860872354676911,
  0.4058451513773972, 0.2077849550078985, 0,
];
const KRONROD_WEIGHTS = [
  0.0229353220105292, 0.0630920926299786, 0.1047900103222502, 0.1406532597155259, 0.1690047266392679,
  0.1903505780647854, 0.2044329400752989, 0.2094821410847278,
];
const GAUSS_WEIGHTS = [0.1294849661688697, 0.2797053914892767, 0.3818300505051189, 0.4179591836734694];

/** Points of one panel. */
export const POINTS_PER_PANEL = 15;

function mirrored(half: readonly number[], sign: 1 | -1): Float64Array {
  const outer = half.slice(0, -1);
  return Float64Array.from([...outer.map((x) => sign * x), ...half.slice(-1), ...outer.toReversed()]);
}

/** The 15 points, ascending. */
export const POINTS: Float64Array = mirrored(POSITIVE_POINTS, -1);

/** Weights of the rule of 15 points. */
export const FINE_WEIGHTS: Float64Array = mirrored(KRONROD_WEIGHTS, 1);

/** Weights of the rule of 7 points, 0 at the points that it does not use. */
export const COARSE_WEIGHTS: Float64Array = mirrored(
  POSITIVE_POINTS.map((_, i) => (i % 2 === 1 ? GAUSS_WEIGHTS[(i - 1) / 2]! : 0)),
  1,
);
