/** Names in Redis, and times that all who use the queue agree on. */

/** Prefix of all keys. */
export const PREFIX = "halfstep";
/** Training runs. */
export const RUNS_QUEUE = "runs";
/** One for each run that begins from another: over when that other one is. */
export const TRUNKS_QUEUE = "trunks";
/** Batches of pictures. */
export const PICTURES_QUEUE = "pictures";

/** A worker that is silent for so many seconds is taken for dead. The default of `--stall-seconds`. */
export const STALL_SECONDS = 30;
/** How often a job may be taken over from a worker that died before it is given up: it may be what kills them. */
export const MOST_STALLS = 100;
