/** How long work will still take, told from how long its parts took. */

/** No time is told before this part of the work is done. */
const LEAST_PART = 0.02;

/**
 * A clock for one piece of work. It is given the part that is done, 0..1, and the time in milliseconds. It tells how many milliseconds are left, or null
 * before that is known. What came before the first call, such as opening a graph, does not count.
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
