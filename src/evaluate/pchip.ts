/**
 * Shape-preserving cubic interpolation through points: piecewise cubic Hermite polynomials whose slopes never overshoot
 * the data. Based on F. N. Fritsch, J. Butland, "A method for constructing local monotone piecewise cubic interpolants"
 * (1984): inner slopes are weighted harmonic means, end slopes the three-point formula held to the shape of the data, as
 * in scipy's PchipInterpolator. Refuses to extrapolate.
 */

/** Interpolant through (x[i], y[i]); piece i runs from x[i] to x[i + 1]. */
export interface Pchip {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** dy/dx at each point. */
  readonly slopes: readonly number[];
}

/**
 * The interpolant through the points.
 *
 * @param x strictly increasing, at least 3 values.
 * @param y as many values as `x`.
 * @throws {RangeError} if they are not.
 */
export function pchip(x: readonly number[], y: readonly number[]): Pchip {
  if (x.length < 3 || x.length !== y.length) {
    throw new RangeError(`pchip: got ${x.length} and ${y.length} coordinates, expected as many of both and at least 3`);
  }
  const lengths = x.slice(1).map((right, i) => right - x[i]!);
  if (!lengths.every((length) => length > 0)) {
    throw new RangeError(`pchip: got x = ${x.join(", ")}, expected strictly increasing numbers`);
  }
  const secants = lengths.map((length, i) => (y[i + 1]! - y[i]!) / length);
  const last = secants.length - 1;
  const slopes = x.map((_, i) => {
    if (i === 0) return endSlope(lengths[0]!, lengths[1]!, secants[0]!, secants[1]!);
    if (i > last) return endSlope(lengths[last]!, lengths[last - 1]!, secants[last]!, secants[last - 1]!);
    return innerSlope(lengths[i - 1]!, lengths[i]!, secants[i - 1]!, secants[i]!);
  });
  return { x, y, slopes };
}

/**
 * Exact integral of the interpolant.
 *
 * @throws {RangeError} if the bounds are not in order or leave the range of the points.
 */
export function integratePchip(curve: Pchip, from: number, to: number): number {
  const { x, y, slopes } = curve;
  if (!(x[0]! <= from && from <= to && to <= x.at(-1)!)) {
    throw new RangeError(`integratePchip: got ${from}..${to}, expected bounds within ${x[0]}..${x.at(-1)}`);
  }
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const left = Math.max(from, x[i]!);
    const right = Math.min(to, x[i + 1]!);
    if (left >= right) continue;
    const length = x[i + 1]! - x[i]!;
    const rise = y[i + 1]! - y[i]!;
    const [startRise, endRise] = [slopes[i]! * length, slopes[i + 1]! * length];
    // y(t) = a + b t + c t^2 + d t^3 with t = 0..1 over the piece
    const c = 3 * rise - 2 * startRise - endRise;
    const d = startRise + endRise - 2 * rise;
    const primitive = (t: number): number => t * (y[i]! + t * (startRise / 2 + t * (c / 3 + (t * d) / 4)));
    sum += length * (primitive((right - x[i]!) / length) - primitive((left - x[i]!) / length));
  }
  return sum;
}

/**
 * The value of the interpolant at a place.
 *
 * @throws {RangeError} if it is not within the range of the points.
 */
export function pchipAt({ x, y, slopes }: Pchip, at: number): number {
  if (!(x[0]! <= at && at <= x.at(-1)!)) {
    throw new RangeError(`pchipAt: got ${at}, expected a place within ${x[0]}..${x.at(-1)}`);
  }
  const i = Math.max(0, x.findIndex((right) => at <= right) - 1);
  const length = x[i + 1]! - x[i]!;
  const rise = y[i + 1]! - y[i]!;
  const [startRise, endRise] = [slopes[i]! * length, slopes[i + 1]! * length];
  const t = (at - x[i]!) / length;
  return y[i]! + t * (startRise + t * (3 * rise - 2 * startRise - endRise + t * (startRise + endRise - 2 * rise)));
}

/** Halvings after which a place is as exact as a number can be. */
const HALVINGS = 60;

/**
 * Where a rising interpolant has a value; at an end where the value is beyond its range. Through rising points the interpolant rises,
 * so there is one such place; it is found by halving.
 *
 * @param curve with rising y
 */
export function placeOfValue(curve: Pchip, value: number): number {
  let [low, high] = [curve.x[0]!, curve.x.at(-1)!];
  if (value <= curve.y[0]!) return low;
  if (value >= curve.y.at(-1)!) return high;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (pchipAt(curve, middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Harmonic mean of the secants on both sides, weighted towards the shorter piece; flat at a local extremum. */
function innerSlope(leftLength: number, rightLength: number, leftSecant: number, rightSecant: number): number {
  if (leftSecant * rightSecant <= 0) return 0;
  const leftWeight = leftLength + 2 * rightLength;
  const rightWeight = 2 * leftLength + rightLength;
  return (leftWeight + rightWeight) / (leftWeight / leftSecant + rightWeight / rightSecant);
}

/** Slope at an end, from its own piece (`near`) and the one beside it. */
function endSlope(nearLength: number, farLength: number, nearSecant: number, farSecant: number): number {
  const slope = ((2 * nearLength + farLength) * nearSecant - nearLength * farSecant) / (nearLength + farLength);
  if (slope * nearSecant <= 0) return 0;
  if (nearSecant * farSecant <= 0 && Math.abs(slope) > 3 * Math.abs(nearSecant)) return 3 * nearSecant;
  return slope;
}
