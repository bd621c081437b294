/**
 * How a running command talks to the outside: it reports its result, writes notes, shows progress, and learns that it should stop. With
 * `--json` this writes one document to standard output, and nothing else there.
 */
import { UsageError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command has. */
export interface GlobalOptions {
  /** Write one JSON document to standard output, instead of text. Default false. */
  readonly json?: boolean;
  /** Stack traces with errors. Default false. */
  readonly debug?: boolean;
  /** No notes and no progress. Default false. */
  readonly quiet?: boolean;
}

/** Anything that JSON can carry. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Milliseconds between two progress lines if they cannot be redrawn in place. */
const PLAIN_PROGRESS_MS = 10_000;
/** Milliseconds between two redraws. */
const REDRAW_MS = 100;

/** The outside of one command. */
export class CommandContext {
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** The exit code of a command that reports and does not throw: 1 if something that it reports failed. */
  exitCode: 0 | 1 = 0;
  readonly #terminal: Terminal;
  readonly #options: GlobalOptions;
  #reported = false;
  #progressShown = false;
  #progressMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, options: GlobalOptions, signal: AbortSignal) {
    this.#terminal = terminal;
    this.#options = options;
    this.signal = signal;
  }

  /** Writes the result, once: `document` with `--json`, otherwise `text` with a line end. */
  report(document: JsonValue, text: string): void {
    if (this.#reported) throw new Error("internal: a command reported twice");
    this.#reported = true;
    this.clearProgress();
    this.#terminal.stdout.write(`${this.#options.json ? JSON.stringify(document, null, 2) : text.trimEnd()}\n`);
  }

  /**
   * Makes sure that the bytes of a file may go to standard output.
   * @throws {UsageError} `bad-usage` with `--json`, which needs standard output for itself, and if standard output is a terminal
   */
  checkBytesToStdout(): void {
    const problem = this.#options.json
      ? "--json and the output - both write to standard output; name a file"
      : this.#terminal.stdout.isTTY
        ? "standard output is a terminal, expected a file or a pipe; name a file, or redirect it"
        : null;
    if (problem !== null) throw new UsageError("bad-usage", problem);
  }

  /** Writes bytes of a file to standard output. */
  writeBytes(bytes: Uint8Array): Promise<void> {
    this.#reported = true;
    return this.#terminal.writeBytes(bytes);
  }

  /** Writes something that is not the result to standard error, except with `--quiet`. */
  note(text: string): void {
    if (this.#options.quiet) return;
    this.clearProgress();
    this.#terminal.stderr.write(`${text}\n`);
  }

  /**
   * Shows how far the command is. On a terminal the line is redrawn in place; in a log there is a line every ten seconds.
   * @param nowMs a clock in milliseconds. Default: the process's.
   */
  progress(text: string, nowMs: number = performance.now()): void {
    if (this.#options.quiet) return;
    const { stderr } = this.#terminal;
    if (nowMs - this.#progressMs < (stderr.isTTY ? REDRAW_MS : PLAIN_PROGRESS_MS)) return;
    this.#progressMs = nowMs;
    if (stderr.isTTY) {
      stderr.write(`\r\x1b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      this.#progressShown = true;
    } else stderr.write(`${text}\n`);
  }

  /** Removes the progress line before something else is written. */
  clearProgress(): void {
    if (this.#progressShown) this.#terminal.stderr.write("\r\x1b[K");
    this.#progressShown = false;
  }
}

/**
 * Runs the body of a command.
 * @param graceful whether the body watches `context.signal`; otherwise a signal ends the process at once. Default false.
 */
export type Execute = (work: (context: CommandContext) => Promise<void>, graceful?: boolean) => Promise<void>;
