/**
 * The one door from floating-point probabilities to integer frequencies. Everything behind it is integers.
 *
 * It runs when a model is exported, never when a stream is read: `log` and `exp` may differ between engines in the last
 * digit, so the integers that come out are stored in the model file and shared by encoder and decoder.
 *
 * The frequencies minimise the expected code length `-sum(p[i] * log2(f[i] / 65536))` over all integer tables with
 * `f[i] >= 1` and sum 65536. The cost is a sum of convex functions, one for each frequency, so a table is optimal when every
 * unit went to the entry that gained most from it (greedy allocation; Gross 1956, Fox 1966). Raising entry i from f - 1 to
 * f gains `p[i] * ln(f / (f - 1))`; "all units that gain at least g" has a closed form, and bisection finds the g that
 * spends the total.
 */
import { FREQUENCY_TOTAL } from "./table-set.ts";

/** Bisection steps on the gain: enough to reach neighbouring doubles. */
const BISECTION_STEPS = 1100;

/** How many units gain at least `gain` in an entry of probability `p`: the largest f with p * ln(f / (f - 1)) >= gain. */
function unitsAtGain(p: number, gain: number): number {
  // f <= 1 / (1 - exp(-gain / p)); the first unit of an entry is given in any case
  return Math.min(FREQUENCY_TOTAL, Math.max(1, Math.floor(-1 / Math.expm1(-gain / p))));
}

function sumAtGain(masses: Float64Array, gain: number): number {
  let sum = 0;
  for (const mass of masses) sum += unitsAtGain(mass, gain);
  return sum;
}

/**
 * Turns probabilities into a frequency table with an escape entry at its end.
 *
 * @param pmf `[n]` with n in 1..65535: probability of each value of the table, not negative, sum positive. A sum other than
 *   `1 - escapeMass` is scaled.
 * @param escapeMass probability of all values outside the table, 0 <= escapeMass < 1. Default: what `pmf` lacks to 1.
 * @returns `[n + 1]` frequencies, each at least 1, sum exactly 65536; the last one is the escape
 * @throws {RangeError} for a probability that is negative or not finite, a sum of zero, or a table that is too long
 */
export function quantizePmf(pmf: Float64Array, escapeMass?: number): Uint16Array {
  const count = pmf.length;
  if (count < 1 || count >= FREQUENCY_TOTAL) {
    throw new RangeError(`quantizePmf: got ${count} values, expected 1..${FREQUENCY_TOTAL - 1}; narrow the table`);
  }
  let sum = 0;
  for (const [i, p] of pmf.entries()) {
    if (!(p >= 0 && p < Infinity))
      throw new RangeError(`quantizePmf: got probability ${p} at ${i}, expected 0 or more`);
    sum += p;
  }
  const outside = escapeMass ?? Math.max(0, 1 - sum);
  if (!(outside >= 0 && outside < 1))
    throw new RangeError(`quantizePmf: got escape mass ${outside}, expected 0 <= mass < 1`);
  if (!(sum > 0 && sum < Infinity))
    throw new RangeError(`quantizePmf: got a sum of ${sum}, expected a positive number`);

  const masses = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) masses[i] = (pmf[i]! / sum) * (1 - outside);
  masses[count] = outside;

  // Invariant: spending on every gain >= low exceeds the total or meets it, on every gain >= high stays within it.
  let low = 0;
  let high = 1;
  for (let step = 0; step < BISECTION_STEPS; step++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (sumAtGain(masses, middle) > FREQUENCY_TOTAL) low = middle;
    else high = middle;
  }
  const frequencies = new Uint32Array(count + 1);
  let left = FREQUENCY_TOTAL;
  for (let i = 0; i <= count; i++) {
    const units = unitsAtGain(masses[i]!, high);
    frequencies[i] = units;
    left -= units;
  }
  // What is left over belongs to entries that tie at this gain: one unit each, the better first, the earlier on a tie.
  const nextGain = Float64Array.from(masses, (mass, i) => mass * Math.log1p(1 / frequencies[i]!));
  const order = Uint32Array.from(masses.keys()).sort((a, b) => nextGain[b]! - nextGain[a]! || a - b);
  for (let k = 0; left > 0; k = (k + 1) % order.length) {
    const i = order[k]!;
    frequencies[i] = frequencies[i]! + 1;
    left--;
  }
  return Uint16Array.from(frequencies);
}
