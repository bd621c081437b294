/**
 * The normal distribution function and its mass on unit intervals, in double precision, by the error function. It runs when
 * tables are built, never when a stream is read.
 */
import { erfcValue, erfValue } from "../../error-function.ts";

/** Standard normal distribution function: probability of a value below x. */
export function normalCdf(x: number): number {
  return 0.5 * erfcValue(-x / Math.SQRT2);
}

/**
 * Probability that a normal variable of mean 0 and standard deviation `scale`, rounded to the nearest integer, is `k`:
 * `Phi((k + 0.5) / scale) - Phi((k - 0.5) / scale)`, computed in the upper tail where nothing cancels.
 */
export function roundedNormalMass(k: number, scale: number): number {
  const unit = 1 / (scale * Math.SQRT2);
  const distance = Math.abs(k);
  if (distance === 0) return erfValue(0.5 * unit);
  return 0.5 * (erfcValue((distance - 0.5) * unit) - erfcValue((distance + 0.5) * unit));
}
