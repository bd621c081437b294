/**
 * Turns whatever a command threw into an exit code, a stable code and one sentence. Expected failures have a message of their own. Anything else is
 * called unexpected, so that nobody takes our bug for a mistake of theirs.
 */
import { CommanderError } from "commander";
import { HalfstepError } from "../errors.ts";

/** What the command line says and returns for an error. */
export interface Failure {
  /** 2 for misuse, 1 for failure. */
  readonly exitCode: number;
  /** Stable, in kebab-case, for programs. */
  readonly code: string;
  /** For people, one sentence. */
  readonly message: string;
}

/** Describes a thrown value. Undefined for what commander throws after `--help` or `--version`. */
export function describeFailure(error: unknown): Failure | undefined {
  if (error instanceof HalfstepError) return { exitCode: error.exitCode, code: error.code, message: error.message };
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    // Without a command, commander shows the help and throws an error that has no sentence of its own.
    const message = error.code === "commander.help" ? "no command given" : error.message.replace(/^error: /, "");
    const sentence = message.replace(/\s*\n\s*/g, " ").replace(/\.$/, "");
    const isName = error.code === "commander.unknownOption" && !sentence.includes("Did you mean");
    const dash = isName ? "; put a name that begins with a dash after --" : "";
    return { exitCode: 2, code: "bad-usage", message: `${sentence}${dash}; see --help` };
  }
  const message =
    error instanceof Error ? `${error.name === "Error" ? "" : `${error.name}: `}${error.message}` : `${error}`;
  return {
    exitCode: 1,
    code: "unexpected",
    message: `unexpected failure: ${message}; run the command again with --debug, and report what it prints`,
  };
}

/** The stack of an error and of its causes. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}
