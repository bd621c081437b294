/** What a measurement was made on and with: machine, versions, and the commit where the program runs from a checkout. */
import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import process from "node:process";
import { promisify } from "node:util";
import { PACKAGE_FOLDER, packagePath } from "./package-folder.ts";

const run = promisify(execFile);

/** Where the program's sources are in git. */
export interface SourceState {
  /** Null where the package is installed. */
  readonly commit: string | null;
  /** Whether code or weights differ from the commit; null without one. */
  readonly uncommittedChanges: boolean | null;
}

/** Machine and code that something was measured on and with. */
export interface Surroundings extends SourceState {
  readonly machine: string;
  /** Of the package, of Node, of onnxruntime, and of what else was used, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The processor of this machine, and how many logical cores there are. */
export function describeProcessor(): { readonly model: string; readonly cores: number } {
  const processors = os.cpus();
  return { model: processors[0]?.model.trim() ?? "unknown processor", cores: processors.length };
}

/** Everything that a result says about the machine and the programs that measured it. @param codecs as for {@link describeMachine} */
export async function describeSurroundings(codecs: Readonly<Record<string, string>> = {}): Promise<Surroundings> {
  return { ...(await describeState()), ...describeMachine(codecs) };
}

/** Machine and versions. @param codecs versions of the codecs that were used, by name. */
export function describeMachine(codecs: Readonly<Record<string, string>>): Pick<Surroundings, "machine" | "versions"> {
  const { model, cores } = describeProcessor();
  const machine = `${model}, ${cores} logical cores, ${os.platform()} ${os.arch()}`;
  const { halfstep, onnxruntime } = ownVersions();
  const versions = { halfstep, node: process.versions.node, "onnxruntime-node": onnxruntime, ...codecs };
  return { machine, versions };
}

/** What codes with models, in one line: versions of the program and its runtime, and the state of the sources if it is known. */
export function describeProgram({ commit, uncommittedChanges }: SourceState): string {
  const { halfstep, onnxruntime } = ownVersions();
  const versions = `halfstep ${halfstep}, onnxruntime-node ${onnxruntime}`;
  if (commit === null) return versions;
  return `${versions}, commit ${commit}${uncommittedChanges ? " with uncommitted changes" : ""}`;
}

function ownVersions(): { readonly halfstep: string; readonly onnxruntime: string } {
  const require = createRequire(import.meta.url);
  const own = require(packagePath("package.json")) as {
    version: string;
    dependencies: Readonly<Record<string, string>>;
  };
  return { halfstep: own.version, onnxruntime: own.dependencies["onnxruntime-node"] ?? "unknown" };
}

/** The commit of the checkout and whether code or weights differ from it; both null where the package is installed. */
export async function describeState(): Promise<SourceState> {
  const git = async (...words: readonly string[]): Promise<string> =>
    (await run("git", ["-C", PACKAGE_FOLDER, ...words])).stdout.trim();
  const unknown = { commit: null, uncommittedChanges: null };
  try {
    // An installed package may lie in the checkout of somebody else's project.
    const top = await git("rev-parse", "--show-toplevel");
    if ((await realpath(top)) !== (await realpath(PACKAGE_FOLDER))) return unknown;
    const commit = await git("rev-parse", "HEAD");
    return { commit, uncommittedChanges: (await git("status", "--porcelain", "--", "src", "weights")) !== "" };
  } catch {
    // No git, no checkout, or one without a commit: there is nothing to name.
    return unknown;
  }
}
