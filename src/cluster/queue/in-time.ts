/** Ends work while Redis is away: waits for its answer, but not forever. */
import { setTimeout as sleep } from "node:timers/promises";

/** So long, milliseconds. A job that could not be given back meanwhile goes on elsewhere when its worker counts as dead. */
const LONGEST_MS = 5_000;

/**
 * Waits for an answer of Redis, for some seconds at most.
 * @param longestMs another limit, for questions that take longer by themselves
 * @returns whether it came; rejects if it came as a failure
 */
export async function inTime(answer: Promise<unknown>, longestMs: number = LONGEST_MS): Promise<boolean> {
  const controller = new AbortController();
  const late = sleep(longestMs, false, { signal: controller.signal }).catch(() => false);
  try {
    return await Promise.race([answer.then(() => true), late]);
  } finally {
    controller.abort();
    // Nobody waits for it any more.
    answer.catch(() => undefined);
  }
}
