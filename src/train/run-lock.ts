/**
 * One process per run folder: a file `lock` that names its owner. A lock whose owner is certainly gone (the same machine,
 * no such process, or started before the machine was) is taken over; one that may be alive is not.
 */
import { randomUUID } from "node:crypto";
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, uptime } from "node:os";
import path from "node:path";
import { z } from "zod";
import { cannotWrite } from "../atomic-file.ts";
import { UsageError } from "../errors.ts";

/** Name of the lock inside a run folder. */
export const LOCK_FILE = "lock";

/** A lock that is held. */
export interface RunLock {
  /** Gives the lock back. Calling it twice is allowed. */
  release(): void;
}

/** Writing a lock takes less than this, by far; one that is still without an owner after it is rubbish. */
const WRITING_MS = 60_000;

const ownerSchema = z.object({ pid: z.int().positive(), host: z.string(), startedMs: z.number() });
type Owner = z.infer<typeof ownerSchema>;

/** Locks that this process holds: its own number in a lock that is not among them is left from an earlier process. */
const held = new Set<string>();

/**
 * Locks a run folder, which must exist.
 * @throws UsageError "run-locked" when another process (or this one) holds the lock. HalfstepError "cannot-write".
 */
export function acquireRunLock(folder: string): RunLock {
  return acquireLock(path.join(folder, LOCK_FILE), folder);
}

/**
 * Takes a lock as a file, whose folder must exist.
 * @param lockFile the file @param run how messages call what is locked
 * @throws UsageError "run-locked" when another process (or this one) holds the lock. HalfstepError "cannot-write".
 */
export function acquireLock(lockFile: string, run: string): RunLock {
  const file = path.resolve(lockFile);
  const mine: Owner = { pid: process.pid, host: hostname(), startedMs: Date.now() };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (createWhole(file, JSON.stringify(mine))) {
      held.add(file);
      return { release: () => release(file) };
    }
    const text = readIfThere(file);
    if (text === undefined) continue; // Given back just now.
    const owner = parseOwner(text);
    if (isHeldBy(owner, file)) throw locked(run, file, owner);
    removeStale(file, text);
  }
  throw locked(run, file, undefined);
}

/** Whether somebody holds a lock, as far as this process can see. */
export function isLocked(lockFile: string): boolean {
  const file = path.resolve(lockFile);
  const text = readIfThere(file);
  return text !== undefined && isHeldBy(parseOwner(text), file);
}

/**
 * Creates a file, unless one is there: then false. It appears with its text, so that a killed process leaves a whole file or none; only
 * where the file system knows no second names it is copied there.
 * @throws HalfstepError "cannot-write"
 */
export function createWhole(file: string, text: string): boolean {
  // Processes of several machines may have one number.
  const temporary = `${file}.${randomUUID()}`;
  try {
    writeFileSync(temporary, text);
    return linkOrCopy(temporary, file);
  } catch (error) {
    throw cannotWrite(file, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** What a file system says that knows no second names. */
const NO_LINKS: readonly (string | undefined)[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Gives a file a second name, unless that is taken: then false. Copies it where the file system knows no second names. */
function linkOrCopy(temporary: string, file: string): boolean {
  for (const place of [linkSync, copyNew]) {
    try {
      place(temporary, file);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return false;
      if (place === copyNew || !NO_LINKS.includes(code)) throw error;
    }
  }
  return false;
}

function copyNew(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
}

function release(file: string): void {
  if (held.delete(file)) rmSync(file, { force: true });
}

function locked(run: string, file: string, owner: Owner | undefined): UsageError {
  const who = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
  return new UsageError(
    "run-locked",
    `run "${run}": got a lock of ${who}, expected a run that nobody works on; wait for it, or delete "${file}" if that process is gone`,
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Half-written: its owner may be just about to finish.
  }
}

/** A file without an owner is being written, unless it is old: a power failure can leave one behind. */
function isHeldBy(owner: Owner | undefined, file: string): boolean {
  if (owner !== undefined) return mayBeAlive(owner, file);
  try {
    return Date.now() - statSync(file).mtimeMs < WRITING_MS;
  } catch {
    return false; // Given back just now.
  }
}

function mayBeAlive(owner: Owner, file: string): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return held.has(file);
  const bootedMs = Date.now() - uptime() * 1000;
  if (owner.startedMs < bootedMs - 60_000) return false;
  try {
    process.kill(owner.pid, 0); // Signal 0 only asks whether the process exists.
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes the lock with this text. If someone else replaced it in the meantime, theirs is put back, unless a third took its place. */
function removeStale(file: string, text: string): void {
  const aside = `${file}.stale-${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readFileSync(aside, "utf8") !== text) linkOrCopy(aside, file);
  rmSync(aside);
}
