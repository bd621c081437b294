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

/** Machine and versions. @param codecs versions of the codecs that were used, by name. */
export function describeMachine(codecs: Readonly<Record<string, string>>): {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
} {
  const require = createRequire(import.meta.url);
  const own = require("../../../package.json") as { version: string; dependencies: Readonly<Record<string, string>> };
  const processors = os.cpus();
  const machine = `${processors[0]?.model.trim() ?? "unknown processor"}, ${processors.length} logical cores, ${os.platform()} ${os.arch()}`;
  const versions = {
    halfstep: own.version,
    node: process.versions.node,
    "onnxruntime-node": own.dependencies["onnxruntime-node"] ?? "unknown",
    ...codecs,
  };
  return { machine, versions };
}

/** The commit of the checkout and whether code or weights differ from it; both null where the package is installed. */
export async function describeState(): Promise<{
  readonly commit: string | null;
  readonly uncommittedChanges: boolean | null;
}> {
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
