/**
 * SIGINT, SIGTERM and SIGHUP (the terminal or the connection is gone). Some commands can stop in good order; training, for instance, writes a
 * checkpoint. These are asked to stop through their AbortSignal. Any other command ends at once, and so does any command on the second signal.
 * Temporary files and folders are removed in either case. The exit code is 128 plus the number of the signal, as shells expect.
 */
import { removeTemporaries } from "../atomic-file.ts";
import { HalfstepError } from "../errors.ts";

/** A signal so soon after the first is its echo: Ctrl-C reaches a whole group of processes, and npm and tsx also pass it on. */
const ECHO_MS = 500;

/** The signals that are handled, with their exit codes. */
const SIGNAL_EXIT_CODES: { readonly SIGHUP: 129; readonly SIGINT: 130; readonly SIGTERM: 143 } = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};
type HandledSignal = keyof typeof SIGNAL_EXIT_CODES;
const HANDLED = Object.keys(SIGNAL_EXIT_CODES) as readonly HandledSignal[];

/** The part of `process` that is used here. */
export interface SignalSource {
  on(signal: HandledSignal, listener: (signal: HandledSignal) => void): unknown;
  off(signal: HandledSignal, listener: (signal: HandledSignal) => void): unknown;
}

/** Listens from construction until {@link dispose}. */
export class Interruption {
  /** Whether the running command watches the signal. Default false. */
  graceful = false;
  readonly #controller: AbortController = new AbortController();
  readonly #source: SignalSource;
  readonly #endAtOnce: (exitCode: number) => void;
  readonly #nowMs: () => number;
  #received: { readonly signal: HandledSignal; readonly atMs: number } | undefined;

  /**
   * @param endAtOnce says why and ends the process; called after the temporaries are gone.
   * @param nowMs a clock in milliseconds. Default: the process's.
   */
  constructor(
    source: SignalSource,
    endAtOnce: (exitCode: number) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#source = source;
    this.#endAtOnce = endAtOnce;
    this.#nowMs = nowMs;
    for (const signal of HANDLED) source.on(signal, this.#listener);
  }

  /** Aborted with an "interrupted" error on the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 129, 130 or 143 after a signal, undefined before. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : SIGNAL_EXIT_CODES[this.#received.signal];
  }

  /** Stops listening. */
  dispose(): void {
    for (const signal of HANDLED) this.#source.off(signal, this.#listener);
  }

  readonly #listener = (signal: HandledSignal): void => {
    const atMs = this.#nowMs();
    const first = this.#received;
    if (first === undefined) {
      this.#received = { signal, atMs };
      this.#controller.abort(new HalfstepError("interrupted", `interrupted by ${signal}`));
    }
    if (this.graceful && (first === undefined || atMs - first.atMs < ECHO_MS)) return;
    removeTemporaries();
    this.#endAtOnce(SIGNAL_EXIT_CODES[signal]);
  };
}
