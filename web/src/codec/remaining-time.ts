/** How long work still takes, from how long its parts took. */

/** Before this part of the work is done, the rest cannot be told. */
const LEAST_PART = 0.02;

/**
 * A clock for one piece of work: given the part that is done, 0..1, and the time in milliseconds, it tells how many milliseconds are left; null before
 * that can be told. What came before the first call, such as opening a graph, does not count.
 */
export function remainingTime(): (part: number, nowMs: number) => number | null {
  let first: { readonly part: number; readonly nowMs: number } | null = null;
  return (part, nowMs) => {
    first ??= { part, nowMs };
    const done = part - first.part;
    if (done < LEAST_PART) return null;
    return ((nowMs - first.nowMs) * (1 - part)) / done;
  };
}
