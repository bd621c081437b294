/**
 * Output files that are either complete or absent. Bytes go to a temporary name in the folder of the target and are
 * renamed when they are on the disk, so a reader never sees half a file and a failure leaves the old one untouched.
 * Refuses to replace an existing file unless told to, and to replace anything that is not a regular file (a folder, a
 * device such as /dev/null: renaming over it would destroy it). And the folders that they go to.
 */
import { randomBytes } from "node:crypto";
import { constants, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { access, type FileHandle, link, lstat, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { HalfstepError, UsageError } from "./errors.ts";

/** Options of {@link writeFileAtomic} and {@link ensureWritable}. */
export interface AtomicFileOptions {
  /** Replace an existing regular file. Default false. */
  readonly force?: boolean;
}

/** Of a file's mode: what chmod sets. */
const PERMISSION_BITS = 0o7777;

/** Temporary files and folders of this process, as absolute paths. */
const openTemporaries = new Set<string>();

/**
 * Checks whether {@link writeFileAtomic} may write to `path`, to fail before expensive work rather than after it.
 *
 * @throws {UsageError} `output-exists` for an existing file without `force`; `no-output-folder` if its folder is missing.
 * @throws {HalfstepError} `cannot-write` if the target is a folder, a device or a link to nothing, or if the folder may not be written to.
 */
export async function ensureWritable(path: string, options: AtomicFileOptions = {}): Promise<void> {
  await resolveTarget(path, options.force ?? false);
}

/**
 * Writes a file as a whole: temporary name in the same folder, fsync, rename. Without `force` the last step cannot
 * replace a file that appeared meanwhile; through a symbolic link, the file that it points to is replaced. A file that is replaced keeps its mode.
 *
 * @param data the contents, or their parts in order; a part is not read after the next one is asked for.
 * @throws {UsageError} `output-exists` and `no-output-folder`, as {@link ensureWritable}.
 * @throws {HalfstepError} `cannot-write` for a failure of the file system. What `data` itself throws is passed on as it is.
 * The temporary is removed in every case.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | AsyncIterable<Uint8Array>,
  options: AtomicFileOptions = {},
): Promise<void> {
  const force = options.force ?? false;
  const target = await resolveTarget(path, force);
  await withTemporaryPath(dirname(target), ".tmp", async (temporary) => {
    const file = await naming(path, () => open(temporary, "wx"));
    try {
      const replaced = force ? await unlessMissing(path, () => stat(target)) : undefined;
      // Who may read a file is its owner's choice, which replacing it does not change.
      if (replaced !== undefined) await naming(path, () => file.chmod(replaced.mode & PERMISSION_BITS));
      if (data instanceof Uint8Array) await writeAll(path, file, data);
      else for await (const part of data) await writeAll(path, file, part);
      await naming(path, () => file.sync());
    } finally {
      await file.close();
    }
    await moveInto(path, temporary, target, force);
  });
}

/**
 * Gives `work` a path in `folder` at which nothing is and that ends in `ending`. A file or folder that is made there is
 * removed when `work` ends in whatever way, and by {@link removeTemporaries}.
 */
export async function withTemporaryPath<Result>(
  folder: string,
  ending: string,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  const temporary = join(folder, `.halfstep-${process.pid}-${randomBytes(6).toString("hex")}${ending}`);
  return removingAfter(temporary, () => work(temporary));
}

/**
 * Runs `work` and removes the file or folder at `temporary` when it ends in whatever way; {@link removeTemporaries} removes
 * it too.
 */
export async function removingAfter<Result>(temporary: string, work: () => Promise<Result>): Promise<Result> {
  const path = resolve(temporary);
  openTemporaries.add(path);
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
    openTemporaries.delete(path);
  }
}

/**
 * Removes at once every temporary that this process has open: for a signal handler that is about to exit.
 * Returns the paths that could not be removed.
 */
export function removeTemporaries(): readonly string[] {
  const left: string[] = [];
  for (const temporary of openTemporaries) {
    try {
      rmSync(temporary, { recursive: true, force: true });
      openTemporaries.delete(temporary);
    } catch {
      left.push(temporary);
    }
  }
  return left;
}

/** The path to rename to (symbolic links followed), after every check that can be made before writing. */
async function resolveTarget(path: string, force: boolean): Promise<string> {
  const existing = await unlessMissing(path, () => stat(path));
  if (existing === undefined && (await unlessMissing(path, () => lstat(path)))?.isSymbolicLink()) {
    const pointed = await naming(path, () => readlink(path));
    throw new HalfstepError(
      "cannot-write",
      `${path}: is a link to ${pointed}, which does not exist; remove the link, or name another output`,
    );
  }
  const target = existing === undefined ? path : await naming(path, () => realpath(path));
  if (existing?.isDirectory()) {
    throw new HalfstepError("cannot-write", `${path}: is a folder (EISDIR), expected a file; name a file in it`);
  }
  if (existing !== undefined && !existing.isFile()) {
    throw new HalfstepError("cannot-write", `${path}: is not a regular file; name a regular file`);
  }
  if (existing !== undefined && !force) throw outputExists(path);
  const folder = dirname(target);
  const parent = await unlessMissing(path, () => stat(folder));
  if (parent === undefined || !parent.isDirectory()) {
    throw new UsageError("no-output-folder", `${path}: the folder ${folder} does not exist; create it first`);
  }
  await naming(path, () => access(folder, constants.W_OK | constants.X_OK));
  return target;
}

/**
 * Gives the temporary its final name. A hard link fails if the name is taken, where rename would replace silently; file
 * systems without links (FAT, some network shares) get the check and the rename as two steps.
 */
async function moveInto(path: string, temporary: string, target: string, force: boolean): Promise<void> {
  if (!force) {
    try {
      await link(temporary, target);
      return;
    } catch (error) {
      if (causeOf(error) === "EEXIST") throw outputExists(path);
    }
    await resolveTarget(path, force);
  }
  await naming(path, () => rename(temporary, target));
}

async function writeAll(path: string, file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await naming(path, () => file.write(bytes, written))).bytesWritten;
  }
}

/** Runs a step of the file system; its failure becomes `cannot-write`, with the path and the system's cause. */
export async function naming<Result>(path: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** The error `cannot-write` for a failure of the file system, with the path, the system's cause and what to do. */
export function cannotWrite(path: string, error: unknown): HalfstepError {
  const cause = causeOf(error);
  const advice = adviceFor.get(cause) ?? "choose another place";
  return new HalfstepError("cannot-write", `${path}: cannot be written (${cause}); ${advice}`, { cause: error });
}

/** As {@link naming}, but undefined where nothing is at the path. */
async function unlessMissing<Result>(path: string, step: () => Promise<Result>): Promise<Result | undefined> {
  return naming(path, async () => {
    try {
      return await step();
    } catch (error) {
      if (causeOf(error) === "ENOENT" || causeOf(error) === "ENOTDIR") return undefined;
      throw error;
    }
  });
}

const adviceFor: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full: make room"],
  ["EDQUOT", "the disk quota is used up: make room"],
  ["EACCES", "check the permissions of its folder"],
  ["EPERM", "check the permissions of its folder"],
  ["EROFS", "the file system is read-only: choose another place"],
  ["ENAMETOOLONG", "choose a shorter name"],
]);

function outputExists(path: string): UsageError {
  return new UsageError("output-exists", `${path}: already exists; pass --force to replace it`);
}

function causeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/**
 * Makes a folder, and those above it, where none is yet. Not by Node's own `recursive`, which never ends under a folder that
 * exists and in which no other can be made (/proc): it answers "no such folder" there, and Node goes on to make the one above.
 * @throws {HalfstepError} `cannot-write`
 */
export function makeFolder(folder: string): void {
  const parent = dirname(resolve(folder));
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(folder).isDirectory();
    if (!isThere) throw cannotWrite(folder, error);
  }
}
