/**
 * Errors that a user can cause and can act on. Every message says where it happened, what was found, what was expected and what to do.
 * If a programmer misuses a function, it throws the built-in TypeError or RangeError. A broken invariant of the project throws a plain Error
 * that starts with "internal:".
 */

/** The base of every expected failure. The command line prints the message without a stack trace and exits with `exitCode`. */
export class HalfstepError extends Error {
  override readonly name: string = "HalfstepError";
  /** Exit code of the command line: 2 for misuse, 1 for failure. */
  readonly exitCode: 1 | 2 = 1;
  /** Stable, machine-readable cause, in kebab-case. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A wrong option, argument or configuration: the command line exits with code 2. */
export class UsageError extends HalfstepError {
  override readonly name: string = "UsageError";
  override readonly exitCode = 2 as const;
}

/** Stable causes of a {@link BitstreamError}. */
export type BitstreamErrorCode =
  | "bad-magic"
  | "unsupported-version"
  | "truncated"
  | "bad-header"
  | "limit-exceeded"
  | "checksum-mismatch"
  | "corrupt-payload"
  | "model-mismatch";

/** Bytes that are not a valid Halfstep stream, or a stream that the loaded model cannot decode. */
export class BitstreamError extends HalfstepError {
  override readonly name: string = "BitstreamError";
  declare readonly code: BitstreamErrorCode;

  // Narrows the type of `code`.
  constructor(code: BitstreamErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
