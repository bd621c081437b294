/**
 * From whatever a command threw to an exit code, a stable code and one sentence. Expected failures speak for themselves;
 * anything else is called unexpected, so that nobody takes a bug of ours for a mistake of theirs.
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

/** Describes a thrown value; undefined for commander's way of ending after `--help` or `--version`. */
export function describeFailure(error: unknown): Failure | undefined {
  if (error instanceof HalfstepError) return { exitCode: error.exitCode, code: error.code, message: error.message };
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    // Called without a command, commander shows the help as an error without a sentence of its own.
    const message = error.code === "commander.help" ? "no command given" : error.message.replace(/^error: /, "");
    const sentence = message.replace(/\s*\n\s*/g, " ").replace(/\.$/, "");
    const isName = error.code === "commander.unknownOption" && !sentence.includes("Did you mean");
    const dash = isName ? "; a name that begins with a dash goes behind --" : "";
    return { exitCode: 2, code: "bad-usage", message: `${sentence}${dash}; see --help` };
  }
  const message =
    error instanceof Error ? `${error.name === "Error" ? "" : `${error.name}: `}${error.message}` : `${error}`;
  return {
    exitCode: 1,
    code: "unexpected",
    message: `unexpected failure: ${message}; run again with --debug and report what it prints`,
  };
}

/** The stack of an error and of its causes. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}
