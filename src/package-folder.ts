/**
 * Where the package's files are, for code that may itself be anywhere in it: in src/, in dist/, or joined with other files into one (`npm run build`).
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const THIS_FILE: string = fileURLToPath(import.meta.url);

function folderWithManifest(folder: string): string {
  if (existsSync(path.join(folder, "package.json"))) return folder;
  const above = path.dirname(folder);
  if (above === folder) throw new Error(`internal: no folder above ${THIS_FILE} has a package.json`);
  return folderWithManifest(above);
}

/** The folder of the package's package.json. */
export const PACKAGE_FOLDER: string = folderWithManifest(path.dirname(THIS_FILE));

/** A file or folder that comes with the package. @param parts of its path from {@link PACKAGE_FOLDER} */
export function packagePath(...parts: readonly string[]): string {
  return path.join(PACKAGE_FOLDER, ...parts);
}

/**
 * The program of a child process: TypeScript where this process runs TypeScript.
 * @param name path from src/ without an ending, such as "cli/batch/worker"
 */
export function programPath(name: string): string {
  const [codeFolder] = path.relative(PACKAGE_FOLDER, THIS_FILE).split(path.sep);
  return packagePath(codeFolder!, name + path.extname(THIS_FILE));
}
