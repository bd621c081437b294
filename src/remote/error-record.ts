/** Errors as records, to send them between threads: a structured clone of an error loses its class and its code. */
import { BitstreamError, type BitstreamErrorCode, HalfstepError, UsageError } from "../errors.ts";

/** An error as plain values. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a {@link HalfstepError}. */
  readonly code: string | undefined;
  readonly cause: ErrorRecord | undefined;
}

/** What was thrown, as plain values. */
export function recordOf(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: String(thrown), stack: undefined, code: undefined, cause: undefined };
  }
  const { name, message, stack, cause } = thrown;
  const code = thrown instanceof HalfstepError ? thrown.code : undefined;
  return { name, message, stack, code, cause: cause === undefined ? undefined : recordOf(cause) };
}

/** An error of the same class, message, code and cause. Classes that are not ours nor the two of misuse become `Error`. */
export function errorOf(record: ErrorRecord): Error {
  const error = ofClass(record);
  if (record.stack !== undefined) error.stack = record.stack;
  return error;
}

function ofClass({ name, message, code, cause: recorded }: ErrorRecord): Error {
  const options = recorded === undefined ? {} : { cause: errorOf(recorded) };
  if (code !== undefined) {
    if (name === "BitstreamError") return new BitstreamError(code as BitstreamErrorCode, message, options);
    return name === "UsageError" ? new UsageError(code, message, options) : new HalfstepError(code, message, options);
  }
  if (name === "TypeError") return new TypeError(message, options);
  if (name === "RangeError") return new RangeError(message, options);
  const error = new Error(message, options);
  if (name !== "Error") Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  return error;
}
