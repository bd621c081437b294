/** Runs programs as a user would, in processes of their own, and gives what they wrote and how they ended. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";

/** The root of the checkout. */
export const PROJECT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The JavaScript of a file of the checkout, as `test/setup/compile-program.ts` made it; `file` as in "src/cli/main.ts". */
export function compiled(file: string): string {
  return path.join(inject("compiled"), file.replace(/\.ts$/, ".js"));
}

/** How a process ended. */
export interface Ending {
  readonly stdout: string;
  readonly stderr: string;
  /** null when a signal ended it. */
  readonly exitCode: number | null;
}

/** Options of {@link start}. */
export interface StartOptions {
  /** Working directory. Default: the checkout. */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Nobody reads standard error: writing to it fails with EPIPE. Default false. */
  readonly closeStderr?: boolean;
  /** Called when the process has been started. */
  readonly onStart?: (child: ChildProcess) => void;
  /** Called whenever the process has written to standard error. */
  readonly onStderr?: (child: ChildProcess, soFar: string) => void;
}

/** Starts a program without a shell and waits for its end. */
export function start(program: string, words: readonly string[], options: StartOptions = {}): Promise<Ending> {
  return new Promise((resolve, reject) => {
    // npm's variables would make a nested npm believe that it works on the checkout.
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    const env = { ...inherited, ...options.env };
    const child = spawn(program, words, { cwd: options.cwd ?? PROJECT, env, stdio: ["ignore", "pipe", "pipe"] });
    options.onStart?.(child);
    const stdout: string[] = [];
    const stderr: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr.push(chunk.toString());
      options.onStderr?.(child, stderr.join(""));
    });
    if (options.closeStderr) child.stderr.destroy();
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ stdout: stdout.join(""), stderr: stderr.join(""), exitCode }));
  });
}

/** Words that start `halfstep` in a process of its own. */
export function halfstepProgram(): readonly [string, string] {
  return [process.execPath, compiled("src/cli/main.ts")];
}

/** Runs `halfstep`, compiled from the sources. */
export function halfstep(words: readonly string[], options: StartOptions = {}): Promise<Ending> {
  const [node, program] = halfstepProgram();
  return start(node, [program, ...words], options);
}
