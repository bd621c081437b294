/** How well one quantity tells the order of another. */

/** Ranks 1..n from the smallest up; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

/**
 * Spearman's rank correlation, with the mean of ranks for ties: 1 if both orders are the same, -1 if they are opposite.
 * @returns null for fewer than three pairs, or where all values of one list are equal
 */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number | null {
  if (pairs.length < 3) return null;
  const mean = (pairs.length + 1) / 2;
  const a = ranks(pairs.map(([value]) => value)).map((rank) => rank - mean);
  const b = ranks(pairs.map(([, value]) => value)).map((rank) => rank - mean);
  const product = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const scale = Math.sqrt(product(a, a) * product(b, b));
  return scale === 0 ? null : product(a, b) / scale;
}
