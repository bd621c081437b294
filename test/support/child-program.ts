/** Runs programs as a user would, in processes of their own, and gives what they wrote and how they ended. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const PROJECT: string = fileURLToPath(new URL("../../", import.meta.url));

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

/** Runs `halfstep` from the sources, as the scripts of package.json do. */
export function halfstep(words: readonly string[], options: StartOptions = {}): Promise<Ending> {
  return start(process.execPath, ["--import", "tsx", `${PROJECT}src/cli/main.ts`, ...words], options);
}
