/** Opens queue and store for a command, and closes them at its end. */
import type { loadQueue, Store } from "../cluster/index.ts";
import { type ClusterOptions, queueAddress, storePlace } from "./cluster-options.ts";
import type { CommandContext } from "./command-context.ts";

/** Queue and store. */
export interface Cluster {
  readonly queue: Awaited<ReturnType<typeof loadQueue>>;
  readonly connection: ReturnType<Awaited<ReturnType<typeof loadQueue>>["connectRedis"]>;
  /** The address without its password. */
  readonly address: string;
  readonly store: Store;
  /** Identity of the store. */
  readonly storeId: string;
}

/**
 * Checks that both can be used, and gives them to `work`.
 * @throws {UsageError} `bad-usage`, `no-store`, `missing-package`; HalfstepError `queue-unreachable`, `queue-refused`, `queue-unfit`, `store-failed`
 */
export async function withCluster<Result>(
  context: CommandContext,
  options: ClusterOptions,
  work: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const { loadQueue, openStore, storeIdentity } = await import("../cluster/index.ts");
  const [address, place] = [queueAddress(options), storePlace(options)];
  const queue = await loadQueue();
  const { warnings } = await queue.checkRedis(address);
  for (const warning of warnings) context.note(`warning: ${warning}`);
  const store = await openStore(place);
  try {
    const storeId = await storeIdentity(store);
    const connection = queue.connectRedis(address, (sentence) => context.note(sentence));
    try {
      return await work({ queue, connection, address: queue.publicAddress(address), store, storeId });
    } finally {
      connection.disconnect();
    }
  } finally {
    store.close();
  }
}
