/**
 * Replaces a file so that a reader, even after a process was killed, finds either the old contents or the new ones. The file is written
 * under a temporary name, flushed to the disk and renamed, and the folder is flushed too. src/atomic-file.ts writes files that a user names.
 * This one replaces a run's own files without asking, synchronously, under a temporary name that the next start can recognise.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { cannotWrite } from "../atomic-file.ts";

/** Ending of files that are being written; one that is found without its writer is rubbish. */
export const TEMPORARY_ENDING = ".partial";

/** Replaces (or creates) a file. The temporary file is removed when writing fails. @throws {HalfstepError} `cannot-write` */
export function replaceFile(file: string, contents: Uint8Array | string): void {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const temporary = `${file}${TEMPORARY_ENDING}`;
  try {
    const descriptor = openSync(temporary, "w");
    try {
      writeAll(descriptor, bytes);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    flushFolder(path.dirname(file));
  } catch (error) {
    removeIfPossible(temporary);
    throw cannotWrite(file, error);
  }
}

/** Writes all of the bytes at the end of an open file; the system may take them in parts. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

function removeIfPossible(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // What kept the file from being written may also keep it from being removed. The first failure is reported.
  }
}

function flushFolder(folder: string): void {
  if (process.platform === "win32") return; // Windows cannot open folders, and orders renames by itself.
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
