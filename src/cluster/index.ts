/**
 * Work on many machines: a queue on Redis and a store that all share. The command line imports this file and no other of this folder; what needs
 * the optional packages is loaded by {@link loadQueue} when a queue is asked for.
 */
export { needing } from "./optional-package.ts";
export { STALL_SECONDS } from "./queue/queue-names.ts";
export { keyInStore, openStore, storeIdentity } from "./store/open-store.ts";
export type { Store } from "./store/store.ts";
export { storeImages } from "./sweep/stored-images.ts";
export { noteImages, withSweepFolder } from "./sweep/sweep-in-store.ts";

import { needing } from "./optional-package.ts";
import type * as board from "./queue/board.ts";
import type * as queue from "./queue/index.ts";

/** The part that talks to Redis. @throws {UsageError} `missing-package` */
export function loadQueue(): Promise<typeof queue> {
  return needing("--queue", ["bullmq", "ioredis"], () => import("./queue/index.ts"));
}

/** The page that shows the queue. @throws {UsageError} `missing-package` */
export function loadBoard(): Promise<typeof board> {
  return needing("board", ["@bull-board/api", "@bull-board/express"], () => import("./queue/board.ts"));
}
