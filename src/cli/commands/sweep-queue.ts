/** `halfstep sweep --queue`: puts the runs of a plan on a queue for workers, waits for them with `--wait`, and says how far they are. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../../cluster/index.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import type { ExpandedPlan, PlannedRun, SweepFolder, SweepStatus } from "../../train/index.ts";
import { type ClusterOptions, storePlace } from "../cluster-options.ts";
import type { CommandContext } from "../command-context.ts";
import { type Cluster, withCluster } from "../open-cluster.ts";
import { hoursText, statusDocument, statusText } from "./sweep-text.ts";

/** How often `--wait` looks, milliseconds. */
const LOOK_MS = 1_000;

interface QueuedPlan {
  readonly name: string;
  readonly runs: readonly PlannedRun[];
}

interface QueueOptions extends ClusterOptions {
  readonly out?: string;
  readonly data?: string;
  readonly wait?: boolean;
  readonly runs?: boolean;
  readonly maxRuns?: number;
  readonly hours?: number;
}

/** Puts the runs on the queue. */
export async function submit(context: CommandContext, plan: QueuedPlan, options: QueueOptions): Promise<void> {
  const { data } = options;
  const forWorkers = options.maxRuns !== undefined ? "--max-runs" : options.hours !== undefined ? "--hours" : undefined;
  if (forWorkers !== undefined) {
    throw new UsageError(
      "bad-usage",
      `sweep --queue: got ${forWorkers}, which is for a process that trains itself; leave it out`,
    );
  }
  if (data === undefined) {
    throw new UsageError(
      "bad-usage",
      "sweep: got no --data, expected a folder of packed images; see halfstep data pack",
    );
  }
  const { hashOfImages } = await import("../../train/index.ts");
  const { noteImages, storeImages } = await import("../../cluster/index.ts");
  const dataHash = hashOfImages(data);
  await withCluster(context, options, async (cluster) => {
    const { queue, connection, address, store, storeId } = cluster;
    const place = await placeOf(store, plan, options);
    await noteImages(store, place, dataHash);
    await storeImages(store, dataHash, data);
    const put = await queue.submitRuns(connection, { store, storeId, place, dataHash, runs: plan.runs });
    const after = options.wait ? await waitFor(context, cluster, place, plan) : await look(cluster, place, plan);
    const failures = options.wait ? after.failures : [];
    if (failures.length > 0) {
      const list = failures.map((failure) => `\n  ${failure}`).join("");
      throw new HalfstepError(
        "failed-runs",
        `sweep: got ${failures.length} ${failures.length === 1 ? "run" : "runs"} that could not be trained; repair the cause, and put the plan on the queue again${list}`,
      );
    }
    const { threadHoursUsed, threadHoursLeft, running } = after.status;
    context.report(
      { command: "sweep", queue: address, store: store.name, place, ...put, threadHoursUsed, threadHoursLeft, running },
      `${store.name}, ${place}: ${put.put} runs put on the queue, ${put.there} were already on it, ${put.over} are over` +
        `${put.blocked === 0 ? "" : `, ${put.blocked} begin from a run that diverged`}; ` +
        `${threadHoursLeft === 0 ? "nothing is left" : `about ${hoursText(threadHoursLeft)} of one thread are left`}`,
    );
  });
}

/** Says how far the runs are. */
export async function queueStatus(context: CommandContext, plan: QueuedPlan, options: QueueOptions): Promise<void> {
  await withCluster(context, options, async (cluster) => {
    const place = await placeOf(cluster.store, plan, options);
    const { status, failures } = await look(cluster, place, plan);
    const list = failures.map((failure) => `\n  ${failure}`).join("");
    const reasons =
      failures.length === 0 ? "" : `\n\nfailed (put the plan on the queue again to try them again):${list}`;
    context.report(
      { ...(statusDocument("sweep status", place, status) as object), failures },
      `${statusText(status, options.runs ?? false)}${reasons}`,
    );
  });
}

/** The folder of a plan's sweep in the store, to read results from. */
export async function storedFolder<Seen>(
  plan: ExpandedPlan,
  options: QueueOptions,
  read: (folder: SweepFolder, plan: ExpandedPlan) => Seen,
): Promise<Seen> {
  const { openStore, withSweepFolder } = await import("../../cluster/index.ts");
  const store = await openStore(storePlace(options));
  try {
    return await withSweepFolder(store, await placeOf(store, plan, options), (folder) => read(folder, plan));
  } finally {
    store.close();
  }
}

async function placeOf(store: Store, { name }: { readonly name: string }, { out }: QueueOptions): Promise<string> {
  const { keyInStore } = await import("../../cluster/index.ts");
  return keyInStore(store, out ?? `runs/${name}`, "--out");
}

interface Look {
  readonly status: SweepStatus;
  /** A line for each run that could not be trained. */
  readonly failures: readonly string[];
}

async function look({ queue, connection, store, storeId }: Cluster, place: string, plan: QueuedPlan): Promise<Look> {
  const { withSweepFolder } = await import("../../cluster/index.ts");
  const { sweepStatus } = await import("../../train/index.ts");
  const jobs = await queue.queuedRuns(connection);
  const queued = new Map(
    plan.runs.flatMap(({ id }) => {
      const found = jobs.get(queue.runJobId(storeId, place, id));
      return found === undefined ? [] : [[id, found] as const];
    }),
  );
  const status = await withSweepFolder(store, place, (folder) => sweepStatus(folder, plan.runs, queued));
  const failures = status.runs
    .filter(({ state }) => state === "failed")
    .map(({ run: { name, id } }) => `${name}: ${queued.get(id)?.reason}`);
  return { status, failures };
}

/** Looks until all runs are over, or until the rest waits for runs that failed. */
async function waitFor(context: CommandContext, cluster: Cluster, place: string, plan: QueuedPlan): Promise<Look> {
  for (;;) {
    const found = await look(cluster, place, plan);
    const { runs, threadHoursLeft, running } = found.status;
    const count = (...states: readonly string[]): number => runs.filter(({ state }) => states.includes(state)).length;
    const moving = count("running", "begun", "ready");
    if (moving === 0 && (found.failures.length > 0 || count("waiting") === 0)) return found;
    const over = count("finished", "diverged");
    context.progress(
      `${over} of ${runs.length} are over, ${running} running; ${hoursText(threadHoursLeft)} of one thread left`,
    );
    await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) return found;
  }
}
