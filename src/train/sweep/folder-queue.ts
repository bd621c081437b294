/**
 * A queue without a server: a folder that any number of processes share. A run is claimed by a lock file, which a process that dies leaves
 * behind and the next one takes over; what was trained until the last checkpoint counts. A run is over when its result is there.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../../errors.ts";
import { acquireLock, type RunLock } from "../run-lock.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ClaimedRun, RunQueue } from "./run-queue.ts";
import type { SweepFolder } from "./sweep-folder.ts";

/** How long a process waits before it looks again whether others are done, milliseconds. */
const POLL_MS = 2_000;

/** What stands between a run and this process. */
type Verdict = ClaimedRun | "over" | "held" | "waits" | "out";

/** The queue of a folder. */
export class FolderQueue implements RunQueue {
  readonly #folder: SweepFolder;
  readonly #runs: readonly PlannedRun[];
  readonly #pollMs: number;
  /** Runs that this process gave back. */
  readonly #givenBack = new Set<string>();
  /** Runs whose result was seen, with whether they arrived at weights. */
  readonly #over = new Map<string, boolean>();

  /** @param runs in the order in which they are given out @param pollMs default: 2,000 */
  constructor(folder: SweepFolder, runs: readonly PlannedRun[], pollMs: number = POLL_MS) {
    this.#folder = folder;
    this.#runs = runs;
    this.#pollMs = pollMs;
  }

  async take(signal: AbortSignal): Promise<ClaimedRun | undefined> {
    while (!signal.aborted) {
      const held = new Set<string>();
      let isWaiting = false;
      for (const run of this.#runs) {
        const verdict = this.#look(run, held);
        if (typeof verdict === "object") return verdict;
        if (verdict === "held") held.add(run.id);
        // What waits for a run that waits is not yet lost either.
        if (verdict === "waits") {
          held.add(run.id);
          isWaiting = true;
        }
      }
      if (!isWaiting) return undefined;
      await sleep(this.#pollMs, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  #look(run: PlannedRun, held: ReadonlySet<string>): Verdict {
    if (this.#arrived(run.id) !== undefined) return "over";
    if (this.#givenBack.has(run.id)) return "out";
    const { start } = run;
    if (start.type === "run") {
      const arrived = this.#arrived(start.id);
      if (arrived === undefined) return held.has(start.id) ? "waits" : "out";
      if (!arrived) return "out"; // Nothing can begin from a run that diverged.
    }
    const lock = this.#tryLock(run.id);
    if (lock === undefined) return "held";
    // Another process may have finished it between the look and the lock.
    if (this.#arrived(run.id) !== undefined) {
      lock.release();
      return "over";
    }
    return this.#claim(run, lock);
  }

  #claim(run: PlannedRun, lock: RunLock): ClaimedRun {
    const { start } = run;
    return {
      run,
      folder: this.#folder.runFolder(run.id),
      startFrom:
        start.type === "run" ? this.#folder.runFolder(start.id) : start.type === "weights" ? start.file : undefined,
      finish: async (result) => {
        try {
          this.#folder.writeResult(result);
        } finally {
          lock.release();
        }
      },
      giveBack: async () => {
        this.#givenBack.add(run.id);
        lock.release();
      },
    };
  }

  /** Whether a run that is over arrived at weights; undefined while it is not over. */
  #arrived(id: string): boolean | undefined {
    const known = this.#over.get(id);
    if (known !== undefined) return known;
    const result = this.#folder.readResult(id);
    if (result === undefined) return undefined;
    this.#over.set(id, result.status === "finished");
    return result.status === "finished";
  }

  #tryLock(id: string): RunLock | undefined {
    try {
      return acquireLock(this.#folder.claimFile(id), id);
    } catch (error) {
      if (error instanceof UsageError && error.code === "run-locked") return undefined;
      throw error;
    }
  }
}
