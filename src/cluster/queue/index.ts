/** What needs BullMQ and ioredis; loaded by `src/cluster/index.ts` and nobody else. */
export { submitPictures } from "../pictures/submit-pictures.ts";
export { workOnPictures } from "../pictures/work-on-pictures.ts";
export { queuedRuns } from "../sweep/job-states.ts";
export { runJobId } from "../sweep/run-job.ts";
export { type Submission, submitRuns } from "../sweep/submit-runs.ts";
export { workOnRuns } from "../sweep/work-on-runs.ts";
export { checkAddress, checkRedis, connectRedis, publicAddress } from "./redis.ts";
