/** What a measurement was made on and with: machine, versions, and the commit where the program runs from a checkout. */
import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
/** The root of the package; the same place seen from src/ and from dist/. */
const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** Where the program's sources stand in git. */
export interface SourceState {
  /** Null where the package is installed. */
  readonly commit: string | null;
  /** Whether code or weights differ from the commit; null without one. */
  readonly uncommittedChanges: boolean | null;
}

/** Machine and versions. @param codecs versions of the codecs that were used, by name. */
export function describeMachine(codecs: Readonly<Record<string, string>>): {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
} {
  const processors = os.cpus();
  const machine = `${processors[0]?.model.trim() ?? "unknown processor"}, ${processors.length} logical cores, ${os.platform()} ${os.arch()}`;
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
  const own = require("../../../package.json") as { version: string; dependencies: Readonly<Record<string, string>> };
  return { halfstep: own.version, onnxruntime: own.dependencies["onnxruntime-node"] ?? "unknown" };
}

/** The commit of the checkout and whether code or weights differ from it; both null where the package is installed. */
export async function describeState(): Promise<SourceState> {
  const git = async (...words: readonly string[]): Promise<string> =>
    (await run("git", ["-C", ROOT, ...words])).stdout.trim();
  const unknown = { commit: null, uncommittedChanges: null };
  try {
    // An installed package may lie in the checkout of somebody else's project.
    const top = await git("rev-parse", "--show-toplevel");
    if ((await realpath(top)) !== (await realpath(ROOT))) return unknown;
    const commit = await git("rev-parse", "HEAD");
    return { commit, uncommittedChanges: (await git("status", "--porcelain", "--", "src", "weights")) !== "" };
  } catch {
    // No git, no checkout, or one without a commit: there is nothing to name.
    return unknown;
  }
}
