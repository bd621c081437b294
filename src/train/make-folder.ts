/**
 * Makes a folder and those above it. Not by Node's own `recursive`, which never ends under a folder that exists and in which
 * no other can be made (/proc): it answers "no such folder" there, and Node goes on to make the one above.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { cannotWrite } from "../atomic-file.ts";

/** Makes a folder where none is yet. @throws {HalfstepError} `cannot-write` */
export function makeFolder(folder: string): void {
  const parent = path.dirname(path.resolve(folder));
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(folder).isDirectory();
    if (!isThere) throw cannotWrite(folder, error);
  }
}
