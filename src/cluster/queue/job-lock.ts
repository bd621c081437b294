/** Holding a job: says again and again that its worker is alive, and notices when others may have it. */
import type { Job } from "bullmq";

/** So often a lock is renewed while it lasts. */
const RENEWALS = 3;

/** A job that this process holds. */
export interface JobLock {
  /** Aborted when the lock is lost: the job may be somebody else's, and what is done for it from now on is done twice. */
  readonly lost: AbortSignal;
  /** No longer says that the worker is alive. */
  release(): void;
}

/** Holds a job that was taken with a token, by a lock that lasts so long without renewal. */
export function holdJob(job: Job, token: string, lockMs: number): JobLock {
  const controller = new AbortController();
  let isAsking = false;
  const timer = setInterval(async () => {
    // While Redis is away a renewal waits for it; one is enough.
    if (isAsking) return;
    isAsking = true;
    try {
      if ((await job.extendLock(token, lockMs)) !== 1) controller.abort();
    } catch {
      // The job is not there any more, or the connection is closed for good.
      controller.abort();
    }
    isAsking = false;
    if (controller.signal.aborted) clearInterval(timer);
  }, lockMs / RENEWALS);
  return { lost: controller.signal, release: () => clearInterval(timer) };
}
