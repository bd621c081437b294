/**
 * Compiles the sources once for a run of the tests. A process that a test starts then begins in a fifth of the time that compiling while
 * loading would take. It runs JavaScript in many files, as a user does. The programs of `test/support` and `scripts` that tests start are
 * compiled too. No types are checked here; `npm run check` does that.
 *
 * The folder outside the checkout has the layout of the checkout: what a program finds beside itself (weights, samples, node_modules) is
 * linked. Without a `.git` it names no commit, as an installed package.
 */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, type Plugin } from "esbuild";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the compiled program, with the layout of the checkout. */
    readonly compiled: string;
  }
}

const PROJECT = path.resolve(import.meta.dirname, "../..");
/** What programs look for beside their files. */
const BESIDE = ["docs", "node_modules", "package.json", "results", "samples", "weights"];

/** Each file stays a file of its own, which imports the others as JavaScript. */
const OTHER_FILES: Plugin = {
  name: "other files",
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path: file }) =>
      kind === "entry-point" ? undefined : { path: file.replace(/\.ts$/, ".js"), external: true },
    );
  },
};

/** A compiled program. */
interface CompiledProgram {
  /** Its folder, with the layout of the checkout. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Compiles the sources into a folder of the system's for temporary files. */
export async function compileProgram(): Promise<CompiledProgram> {
  const compiled = await mkdtemp(path.join(tmpdir(), "halfstep-compiled-"));
  await build({
    absWorkingDir: PROJECT,
    entryPoints: ["src/**/*.ts", "test/support/*.ts", "scripts/**/*.ts"],
    outbase: ".",
    outdir: compiled,
    bundle: true,
    packages: "external",
    plugins: [OTHER_FILES],
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  for (const name of BESIDE) await symlink(path.join(PROJECT, name), path.join(compiled, name));
  return { folder: compiled, remove: () => rm(compiled, { recursive: true }) };
}

/** Called by vitest before the first test of a run; what it gives is called after the last. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { folder, remove } = await compileProgram();
  provide("compiled", folder);
  return remove;
}
