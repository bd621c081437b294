/**
 * The upper tail of the normal distribution and its mass on unit intervals, in double precision.
 *
 * Based on two classical expansions of the complementary error function (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14), which
 * need no table of coefficients: a series of positive terms near zero and a continued fraction beyond. Relative error below
 * 1e-12 wherever the result is a normal double. It runs when tables are built, never when a stream is read.
 */

const SQRT_PI = Math.sqrt(Math.PI);
/** From here on the continued fraction converges in a few dozen steps; below, 1 - erf(x) cancels no more than 3 digits. */
const SERIES_LIMIT = 2;

/** erf(x) for 0 <= x < 2: (2 / sqrt(pi)) exp(-x^2) sum(2^n x^(2n+1) / (1 * 3 * ... * (2n+1))), A&S 7.1.6. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** erfc(x) for x >= 2: exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), A&S 7.1.14. */
function erfcFraction(x: number): number {
  let fraction = x;
  // Backwards from a depth at which the rest changes nothing: 100 steps suffice at x = 2, fewer beyond.
  for (let n = 100; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (SQRT_PI * fraction);
}

/** Complementary error function `erfc(x) = 1 - erf(x)` of any real x. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  return x < SERIES_LIMIT ? 1 - erfSeries(x) : erfcFraction(x);
}

/** Standard normal distribution function: probability of a value below x. */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x / Math.SQRT2);
}

/**
 * Probability that a normal variable of mean 0 and standard deviation `scale`, rounded to the nearest integer, is `k`:
 * `Phi((k + 0.5) / scale) - Phi((k - 0.5) / scale)`, computed in the upper tail where nothing cancels.
 */
export function roundedNormalMass(k: number, scale: number): number {
  const unit = 1 / (scale * Math.SQRT2);
  const distance = Math.abs(k);
  if (distance === 0) {
    const half = 0.5 * unit;
    return half < SERIES_LIMIT ? erfSeries(half) : 1 - erfcFraction(half);
  }
  return 0.5 * (erfc((distance - 0.5) * unit) - erfc((distance + 0.5) * unit));
}
