/**
 * The error function and its complement in float64: the truth for tests of exported graphs, and the source of the entropy
 * coder's tables. Based on Abramowitz & Stegun (1964): the series 7.1.6, whose terms are all positive, near zero, and the
 * continued fraction 7.1.14 in the tail. Never evaluated when a stream is read: JavaScript engines may differ in exp.
 */

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** Below, the series; above, the fraction. Here 1 - erf(x) cancels no more than three digits. */
const SERIES_LIMIT = 2;

/** erf(x) for |x| < 2: 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 * 3 * ... * (2n+1)). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** erfc(x) for x >= 2: exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), evaluated from the inside. */
function erfcFraction(x: number): number {
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return (TWO_OVER_SQRT_PI * Math.exp(-x * x)) / (2 * fraction);
}

/** Error function of any real x, in float64. */
export function erfValue(x: number): number {
  if (Math.abs(x) < SERIES_LIMIT) return erfSeries(x);
  return x < 0 ? erfcFraction(-x) - 1 : 1 - erfcFraction(x);
}

/** Complementary error function 1 - erf(x) of any real x, in float64, with full relative accuracy in the upper tail. */
export function erfcValue(x: number): number {
  if (x <= -SERIES_LIMIT) return 2 - erfcFraction(-x);
  return x < SERIES_LIMIT ? 1 - erfSeries(x) : erfcFraction(x);
}
