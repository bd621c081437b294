/**
 * Finds the quality at which an encoder's file is as large as possible, but no larger than a given size. Sizes nearly always grow with the quality, about
 * exponentially. So a straight line is drawn between the logarithms of the sizes of two tries, and the next try is where it meets the size that is asked for.
 */

const LOWEST = 1;
const HIGHEST = 100;

/** What was found. */
export interface SizedResult<Result> {
  readonly quality: number;
  readonly result: Result;
  /** Whether even the lowest quality makes a larger file; `result` is that file. */
  readonly isTooLarge: boolean;
}

/**
 * Tries whole qualities from 1 to 100.
 * @param mostBytes at least 1
 * @param encode null ends the search
 */
export async function largestWithin<Result extends { readonly bytes: Uint8Array }>(
  mostBytes: number,
  encode: (quality: number) => Promise<Result | null>,
): Promise<SizedResult<Result> | null> {
  const asked = Math.log(mostBytes);
  let below: { quality: number; result: Result } | null = null;
  let above: { quality: number; result: Result } | null = null;
  let next = (LOWEST + HIGHEST) >> 1;
  for (;;) {
    const result = await encode(next);
    if (result === null) return null;
    const fits = result.bytes.length <= mostBytes;
    if (fits) below = { quality: next, result };
    else above = { quality: next, result };
    const low: number = below?.quality ?? LOWEST - 1;
    const high: number = above?.quality ?? HIGHEST + 1;
    if (high - low <= 1) break;
    const middle = (low + high) >> 1;
    if (below === null || above === null) next = middle;
    else {
      const [from, to] = [Math.log(below.result.bytes.length), Math.log(above.result.bytes.length)];
      const guess = low + Math.floor(((high - low) * (asked - from)) / Math.max(to - from, 1e-9));
      next = Math.min(Math.max(guess, low + 1), high - 1);
    }
  }
  if (below !== null) return { ...below, isTooLarge: false };
  if (above === null) throw new Error("internal: a search without a try");
  return { ...above, isTooLarge: true };
}
