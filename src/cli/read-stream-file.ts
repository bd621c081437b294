/** Reads a `.hst` file from the disk or from standard input. Errors in its bytes name the file. */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { BitstreamError, HalfstepError } from "../errors.ts";
import { inputName, STANDARD_STREAM } from "../standard-stream.ts";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file; check the path"],
  ["EISDIR", "is a folder, expected a .hst file"],
  ["EACCES", "may not be read; check its permissions"],
]);

/** The whole file; "-" is standard input. @throws {HalfstepError} `cannot-read`. */
export async function readStreamFile(path: string): Promise<Uint8Array> {
  try {
    return path === STANDARD_STREAM ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new HalfstepError("cannot-read", `${inputName(path)}: ${REASONS.get(code) ?? `cannot be read (${code})`}`, {
      cause: error,
    });
  }
}

/** What `work` makes of the bytes of a file. @throws {BitstreamError} of `work`, with the file's name before its message. */
export async function namingStreamFile<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    throw new BitstreamError(error.code, `${inputName(path)}: ${error.message}`, { cause: error });
  }
}
