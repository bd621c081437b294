/** Finds the declarations that nobody can reach by importing the package. */
import path from "node:path";
import { scanImports } from "../layers/scan-imports.ts";

/**
 * @param entries paths of the declarations that the package names
 * @param texts all declarations by path, as in "engine/session.d.ts"
 * @returns the paths that no entry leads to
 * @throws {Error} for an import of a declaration that is not there
 */
export function unreachedDeclarations(
  entries: readonly string[],
  texts: ReadonlyMap<string, string>,
): readonly string[] {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    const text = texts.get(file);
    if (text === undefined)
      throw new Error(`declarations: there is no ${file}, which another declaration or the package names`);
    reached.add(file);
    for (const { specifier } of scanImports(text)) {
      if (specifier.startsWith(".")) {
        visit(path.posix.join(path.posix.dirname(file), specifier).replace(/(\.d)?\.[jt]s$/, ".d.ts"));
      }
    }
  };
  for (const entry of entries) visit(entry);
  return [...texts.keys()].filter((file) => !reached.has(file));
}
