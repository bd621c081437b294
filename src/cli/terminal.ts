/** Where the command line writes. It is a parameter, so that tests can read it. */

/** One output stream. */
export interface Sink {
  write(text: string): unknown;
  /** Whether it is a terminal. Only there is progress redrawn in place. */
  readonly isTTY?: boolean | undefined;
  /** Width in characters, if known. */
  readonly columns?: number | undefined;
}

/** The two output streams of a program. */
export interface Terminal {
  /** Results, and with `--json` exactly one document. */
  readonly stdout: Sink;
  /** Progress, notes and errors. */
  readonly stderr: Sink;
  /** Writes bytes to standard output, and waits until it has taken them. */
  readonly writeBytes: (bytes: Uint8Array) => Promise<void>;
}
