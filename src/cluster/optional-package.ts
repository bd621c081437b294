/**
 * Packages that only work on many machines needs. They are optional peer dependencies: a user who codes pictures on one machine does not install
 * them, and nothing loads them before a queue or a store on a server is asked for.
 */
import { UsageError } from "../errors.ts";

/** The versions to install, by package: those of `peerDependencies` in package.json, which a test compares. */
export const OPTIONAL_PACKAGES: Readonly<Record<string, string>> = {
  "@aws-sdk/client-s3": "^3.1175.0",
  "@bull-board/api": "^9.10.1",
  "@bull-board/express": "^9.10.1",
  bullmq: "^6.7.0",
  ioredis: "^6.0.0",
};

/**
 * Loads a part of the program that needs optional packages.
 * @param purpose what needs them, as messages call it: "--queue"
 * @param packages that are installed together
 * @throws {UsageError} `missing-package`, with the line that installs them
 */
export async function needing<Loaded>(
  purpose: string,
  packages: readonly string[],
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  try {
    return await load();
  } catch (error) {
    const missing = packages.find((name) => isMissing(error, name));
    if (missing === undefined) throw error;
    const line = packages.map((name) => `'${name}@${OPTIONAL_PACKAGES[name]}'`).join(" ");
    throw new UsageError(
      "missing-package",
      `${purpose}: got no package ${missing}, expected it beside halfstep; run: npm install ${line}`,
      { cause: error },
    );
  }
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message = "" } = error as NodeJS.ErrnoException;
  return code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`);
}
