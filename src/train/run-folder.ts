/**
 * The folder of a training run: `config.json`, `metrics.jsonl`, checkpoints and a lock. This file decides whether a folder
 * may be begun or resumed, and from where.
 */
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import path from "node:path";
import { makeFolder } from "../atomic-file.ts";
import { HalfstepError, UsageError } from "../errors.ts";
import {
  type Checkpoint,
  checkpointSteps,
  checkSameRun,
  discardCheckpointsAfter,
  loadCheckpoint,
} from "./checkpoint.ts";
import { printConfig, type TrainConfig } from "./config.ts";
import { parseStoredConfig } from "./parse-config.ts";
import { readText } from "./reading.ts";
import { replaceFile } from "./replace-file.ts";
import { acquireRunLock, LOCK_FILE } from "./run-lock.ts";

/** Name of the configuration inside a run folder. */
const CONFIG_FILE = "config.json";

/** A run folder that this process works on. */
export interface OpenRun {
  /** Where to go on; undefined when the run begins. */
  readonly checkpoint: Checkpoint | undefined;
  readonly warnings: readonly string[];
  /**
   * Brings `config.json` up to date and deletes damaged checkpoints: to be called when nothing is left that could refuse the
   * run.
   */
  begin(): void;
  /** Gives the lock back; the folder of a new run that was not begun goes too. */
  close(): void;
}

/**
 * Opens a new folder for a run, or the folder of an existing run to resume it, and takes its lock. A run that was stopped
 * before its first checkpoint is resumed from the beginning.
 * @throws UsageError "output-exists" when a new run's folder is not empty; "missing-run" when there is nothing to resume;
 *   "run-locked"; "config-mismatch". HalfstepError "bad-checkpoint", "cannot-write" or "cannot-read".
 */
export function openRun(folder: string, config: TrainConfig, dataHash: string | undefined, resume: boolean): OpenRun {
  const entries = listFolder(folder);
  const isBegun = entries?.includes(CONFIG_FILE) === true;
  // A process that was killed before it wrote the configuration leaves a lock and nothing else: that is as good as empty.
  const isUntouched = entries === undefined || entries.every((name) => name.startsWith(LOCK_FILE));
  if (resume && !isBegun && (entries === undefined || entries.length === 0 || !isUntouched)) {
    throw new UsageError(
      "missing-run",
      `run "${folder}": got no run to resume, expected a folder with ${CONFIG_FILE}; check the path or start without resuming`,
    );
  }
  if (!resume && !isUntouched) {
    const advice = isBegun
      ? "go on with it by --resume, or choose another folder by --out"
      : "choose another folder by --out";
    throw new UsageError("output-exists", `run "${folder}": got a folder with files, expected a new one; ${advice}`);
  }
  makeFolder(folder);
  const lock = acquireRunLock(folder);
  let isNew = entries === undefined;
  const close = (): void => {
    lock.release();
    if (isNew) removeIfEmpty(folder);
  };
  try {
    const configFile = path.join(folder, CONFIG_FILE);
    if (existsSync(configFile)) {
      const before = parseStoredConfig(readText(configFile), `run "${folder}": ${CONFIG_FILE}`);
      // The images are compared by the checkpoint, which knows their hash; until then only the path is known.
      const isSpared = checkpointSteps(folder).length > 0;
      checkSameRun(folder, { config: isSpared ? { ...before, data: config.data } : before }, config, undefined);
    }
    const warnings: string[] = [];
    let checkpoint: Checkpoint | undefined;
    if (checkpointSteps(folder).length > 0) {
      const loaded = loadCheckpoint(folder, { config, dataHash });
      checkpoint = loaded.checkpoint;
      warnings.push(...loaded.warnings);
    } else if (resume) {
      warnings.push(`run "${folder}": stopped before its first checkpoint; beginning again at step 0`);
    }
    const begin = (): void => {
      if (checkpoint !== undefined && warnings.length > 0) discardCheckpointsAfter(folder, checkpoint.step);
      replaceFile(configFile, printConfig(config));
      isNew = false;
    };
    return { checkpoint, warnings, begin, close };
  } catch (error) {
    close();
    throw error;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else has put something there, or removed it.
  }
}

function listFolder(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "ENOTDIR") {
      throw new UsageError("output-exists", `run "${folder}": got a file, expected a folder; choose another path`);
    }
    throw new HalfstepError("cannot-read", `run "${folder}": cannot be read (${code}); choose another path`, {
      cause: error,
    });
  }
}
