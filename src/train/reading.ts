/** Reading files of runs and of packed images, with an error that names the file. */
import { readFileSync } from "node:fs";
import { HalfstepError } from "../errors.ts";

/** The whole file. @throws HalfstepError "cannot-read". */
export function readBytes(file: string): Buffer {
  return reading(file, () => readFileSync(file));
}

/** The whole file as text. @throws HalfstepError "cannot-read". */
export function readText(file: string): string {
  return readBytes(file).toString("utf8");
}

/** What `read` gives. @throws HalfstepError "cannot-read" when the file system does not give it. */
export function reading<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const advice = code === "EACCES" || code === "EPERM" ? "check its permissions" : "check the file and its disk";
    throw new HalfstepError("cannot-read", `${file}: cannot be read (${code}); ${advice}`, { cause: error });
  }
}
