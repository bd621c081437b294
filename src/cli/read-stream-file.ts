/** Reads a `.hst` file from the disk as bytes. */
import { readFile } from "node:fs/promises";
import { HalfstepError } from "../errors.ts";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file; check the path"],
  ["EISDIR", "is a folder, expected a .hst file"],
  ["EACCES", "may not be read; check its permissions"],
]);

/** The whole file. @throws {HalfstepError} `cannot-read`. */
export async function readStreamFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new HalfstepError("cannot-read", `${path}: ${REASONS.get(code) ?? `cannot be read (${code})`}`, {
      cause: error,
    });
  }
}
