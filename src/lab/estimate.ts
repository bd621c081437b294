/** A measured or computed number that says how well it is known and how it came about. */
import { studentT975 } from "./student-t.ts";

/** Ways to a number. */
export type EstimateMethod = "closed form" | "quadrature" | "monte carlo";

/** The names of the methods, in the order in which they are preferred. */
export const ESTIMATE_METHODS: readonly EstimateMethod[] = ["closed form", "quadrature", "monte carlo"];

/**
 * A number with its interval. For `closed form` the interval is the number itself. For `quadrature` its half width is the estimated
 * error of the rule. For `monte carlo` it is the 95 % confidence interval of the mean by Student's t, which is too narrow where the
 * samples have heavy tails.
 */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly method: EstimateMethod;
}

/** A number whose interval is not known where there was a single sample. */
export interface OpenEstimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly method: EstimateMethod;
}

/** A number known exactly, up to float64. */
export function exactly(value: number): Estimate {
  return { value, low: value, high: value, method: "closed form" };
}

/** A number by quadrature with the rule's estimate of its error. */
export function byQuadrature(value: number, error: number): Estimate {
  return { value, low: value - error, high: value + error, method: "quadrature" };
}

/**
 * The mean of independent samples with its 95 % confidence interval.
 *
 * @throws {RangeError} for fewer than two samples.
 */
export function bySamples(samples: ArrayLike<number>): Estimate {
  const count = samples.length;
  if (count < 2) throw new RangeError(`bySamples: got ${count} samples, expected at least 2`);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += samples[i]!;
  const value = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (samples[i]! - value) ** 2;
  const halfWidth = studentT975(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { value, low: value - halfWidth, high: value + halfWidth, method: "monte carlo" };
}

/**
 * {@link bySamples} where there may be one sample only, which says nothing about its own spread.
 *
 * @throws {RangeError} for no samples.
 */
export function byFewSamples(samples: readonly number[]): OpenEstimate {
  const [only] = samples;
  if (only === undefined) throw new RangeError("byFewSamples: got no samples, expected at least one");
  return samples.length === 1 ? { value: only, low: null, high: null, method: "monte carlo" } : bySamples(samples);
}
