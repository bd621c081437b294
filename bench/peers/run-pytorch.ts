/**
 * Starts the PyTorch script beside this file under the settings that make PyTorch fastest, and lets a benchmark take steps
 * in it one at a time, so that it can alternate with our own engine. Every combination of
 * memory layout and BLAS threads is tried, and the fastest is kept. Debian's PyTorch needs two things more: an allocator
 * that keeps large tensors (otherwise glibc returns each to the kernel), and an OpenBLAS that is told of AVX-512.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { median } from "../report.ts";

const SCRIPT: string = fileURLToPath(new URL("pytorch_mean_scale_hyperprior.py", import.meta.url));
/** Exit code of the script where torch cannot be imported. */
const NO_TORCH = 3;
/** The system's Python first: a version manager's usually lacks the packages of the distribution. */
const PYTHONS: readonly string[] = ["/usr/bin/python3", "python3"];
const WARM_UP_STEPS = 3;
/** Steps by which the variants are compared. */
const TRIAL_STEPS = 5;

/** The step to be timed. */
export interface PyTorchWorkload {
  readonly N: number;
  readonly M: number;
  readonly batch: number;
  /** Side of the square crops in pixels. */
  readonly crop: number;
  readonly threads: number;
}

/** How one process is set up. */
export interface PyTorchVariant {
  /** Channels last in memory, in place of PyTorch's default. */
  readonly channelsLast: boolean;
  /** Threads of OpenBLAS inside each thread of PyTorch. */
  readonly blasThreads: number;
}

/** What the script says about itself. */
export interface PyTorchDescription {
  readonly torch: string;
  /** "openblas", "mkl", "reference" or "unknown"; with the reference BLAS the comparison is not fair to PyTorch. */
  readonly blas: string;
  readonly parameterCount: number;
}

/** A PyTorch process that is warm and waits. Close it when done. */
export interface PyTorchPeer {
  readonly about: PyTorchDescription;
  readonly variant: PyTorchVariant;
  /** Median milliseconds per step of every variant that was tried. */
  readonly trials: readonly { readonly variant: PyTorchVariant; readonly medianMs: number }[];
  /** Takes steps; gives the milliseconds of each. */
  run(steps: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Starts the fastest variant, or returns in words why there is none. @throws {Error} when the script fails in another way. */
export async function startPyTorch(workload: PyTorchWorkload): Promise<PyTorchPeer | string> {
  const blasThreads = workload.threads > 1 ? [1, workload.threads] : [1];
  const variants = [false, true].flatMap((channelsLast) =>
    blasThreads.map((threads): PyTorchVariant => ({ channelsLast, blasThreads: threads })),
  );
  const trials: { variant: PyTorchVariant; medianMs: number }[] = [];
  for (const variant of variants) {
    const session = await startSession(workload, variant);
    if (typeof session === "string") return session;
    trials.push({ variant, medianMs: median(await session.run(TRIAL_STEPS)) });
    await session.close();
  }
  const best = trials.reduce((a, b) => (b.medianMs < a.medianMs ? b : a));
  const session = await startSession(workload, best.variant);
  return typeof session === "string" ? session : Object.assign(session, { trials });
}

type Session = Omit<PyTorchPeer, "trials">;

async function startSession(workload: PyTorchWorkload, variant: PyTorchVariant): Promise<Session | string> {
  let reason = "no Python found";
  for (const python of PYTHONS) {
    const child = spawn(python, [SCRIPT, ...scriptArguments(workload, variant)], {
      env: { ...process.env, ...tunedEnvironment(workload.threads, variant) },
    });
    const session = new LineSession(child);
    const first = await session.next();
    if (first !== undefined) {
      const about = JSON.parse(first) as PyTorchDescription;
      return {
        about,
        variant,
        run: async (steps) => (JSON.parse(await session.ask(`run ${steps}`)) as { ms: number[] }).ms,
        close: () => session.close(),
      };
    }
    const { exitCode, complaint } = await session.ended;
    if (exitCode !== NO_TORCH && exitCode !== null) throw new Error(`${python} ${SCRIPT}: ${complaint}`);
    if (exitCode === NO_TORCH) reason = complaint;
  }
  return reason;
}

function scriptArguments(workload: PyTorchWorkload, variant: PyTorchVariant): string[] {
  const { N, M, batch, crop, threads } = workload;
  const numbers = Object.entries({ N, M, batch, crop, threads, warmup: WARM_UP_STEPS });
  return [
    ...numbers.flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(variant.channelsLast ? ["--channels-last"] : []),
    "--interactive",
  ];
}

function tunedEnvironment(threads: number, { blasThreads }: PyTorchVariant): Record<string, string> {
  return {
    MALLOC_MMAP_THRESHOLD_: String(2 ** 32),
    MALLOC_TRIM_THRESHOLD_: String(2 ** 33),
    MALLOC_TOP_PAD_: String(2 ** 30),
    ...(hasAvx512() ? { OPENBLAS_CORETYPE: "SkylakeX" } : {}),
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(blasThreads),
  };
}

/** Whether the kernels for SkylakeX run here. If not, OpenBLAS chooses. */
function hasAvx512(): boolean {
  return existsSync("/proc/cpuinfo") && /\bavx512f\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
}

/** A child process that answers each line with a line. */
class LineSession {
  /** Settles when the process is gone; null where it could not be started. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly complaint: string }>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const complaints: string[] = [];
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
    // The process has just failed; `ended` says how.
    child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve({ exitCode: null, complaint: error.message }));
      child.once("close", (exitCode) => resolve({ exitCode: exitCode ?? 1, complaint: complaints.join("").trim() }));
    });
  }

  async next(): Promise<string | undefined> {
    const line = await Promise.race([this.#lines.next(), this.ended.then(() => undefined)]);
    return line === undefined || line.done ? undefined : line.value;
  }

  async ask(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.next();
    if (answer === undefined) throw new Error(`pytorch ended: ${(await this.ended).complaint}`);
    return answer;
  }

  async close(): Promise<void> {
    this.#child.stdin.end("quit\n");
    await this.ended;
  }
}
