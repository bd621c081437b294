/**
 * The width of a 95 % interval of a mean whose spread is estimated from the same few samples: the quantile of Student's t
 * distribution. Only this one quantile, for whole degrees of freedom; the finite sums are formulas 26.7.3 and 26.7.4 of Abramowitz
 * and Stegun's Handbook of Mathematical Functions, the expansion for many degrees is 26.7.5.
 */

/** 97.5 % point of the standard normal distribution. */
const NORMAL_97_5 = 1.959963984540054;
const PROBABILITY = 0.95;
/** From here on the expansion is right to 1e-8. */
const MANY_DEGREES = 100;
/** Halvings of the angle's range: more than float64 has digits. */
const HALVINGS = 60;

/**
 * 97.5 % point: a 95 % interval of a mean reaches this many standard errors to both sides.
 *
 * @param degrees of freedom: samples less one
 * @throws {RangeError} unless it is a whole number of at least 1.
 */
export function studentT975(degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) {
    throw new RangeError(`studentT975: got ${degrees} degrees of freedom, expected a whole number of at least 1`);
  }
  return degrees < MANY_DEGREES ? bySearch(degrees) : byExpansion(degrees);
}

function bySearch(degrees: number): number {
  let low = 0;
  let high = Math.PI / 2;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, degrees) < PROBABILITY) low = middle;
    else high = middle;
  }
  return Math.tan(low) * Math.sqrt(degrees);
}

/** Probability that |t| is below tan(angle) * sqrt(degrees). */
function probabilityWithin(angle: number, degrees: number): number {
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosine ** 2;
    sum += term;
  }
  const within = Math.sin(angle) * sum;
  return isOdd ? (2 / Math.PI) * (angle + within) : within;
}

function byExpansion(degrees: number): number {
  const x = NORMAL_97_5;
  const parts = [
    (x ** 3 + x) / 4,
    (5 * x ** 5 + 16 * x ** 3 + 3 * x) / 96,
    (3 * x ** 7 + 19 * x ** 5 + 17 * x ** 3 - 15 * x) / 384,
  ];
  return parts.reduce((sum, part, i) => sum + part / degrees ** (i + 1), x);
}
