/**
 * Judges a source tree, given as text, against the layer table: rights of the rooms, homes of the packages, `node:*` only
 * on the Node side, no circles. Pure: reads no file, so that tests can hand it small made-up trees.
 */
import path from "node:path/posix";
import { type FoundImport, scanImports } from "./scan-imports.ts";
import {
  DOORS,
  NODE_PACKAGES,
  PACKAGE_HOMES,
  PLATFORM_FREE_ENTRIES,
  ROOMS,
  type Room,
  TEST_PACKAGES,
  WORKSPACE_ROOMS,
} from "./table.ts";

/** Paths relative to the repository, with forward slashes, to source text. */
export type SourceTree = ReadonlyMap<string, string>;

/** Every violation as one line, `path:line: what is wrong; what to do`. An empty list is a clean tree. */
export function checkLayers(tree: SourceTree): string[] {
  const imports = new Map([...tree].map(([file, source]) => [file, scanImports(source)]));
  const problems: string[] = [];
  for (const [file, found] of imports) for (const entry of found) problems.push(...judge(file, entry, tree));
  for (const circle of findCircles(imports)) {
    problems.push(
      `${circle[0]}: imports go in a circle: ${circle.join(" -> ")}; move what both need into a third file`,
    );
  }
  for (const entry of PLATFORM_FREE_ENTRIES) problems.push(...judgeClosure(entry, imports));
  return problems;
}

/** The room of a file under src/, by the longest path that matches. */
export function roomOf(file: string): Room | undefined {
  const matches = ROOMS.filter((room) => (room.path.endsWith("/") ? file.startsWith(room.path) : file === room.path));
  return matches.sort((a, b) => b.path.length - a.path.length)[0];
}

function isTest(file: string): boolean {
  return file.endsWith(".test.ts");
}

function judge(file: string, { specifier, line }: FoundImport, tree: SourceTree): string[] {
  const where = `${file}:${line}`;
  const room = roomOf(file);
  if (room === undefined) return [`${where}: the file belongs to no room; add a row to scripts/layers/table.ts`];
  // Only a file directly in src/ is shared; a new folder needs a row of its own.
  if (room.path === "src/" && file.slice("src/".length).includes("/"))
    return [`${where}: the folder belongs to no room; add a row to scripts/layers/table.ts`];
  if (specifier.startsWith("."))
    return judgeRelative(where, file, room, path.join(path.dirname(file), specifier), tree);
  if (specifier.startsWith("node:")) {
    if (room.platform === "node" || isTest(file)) return [];
    return [`${where}: "${specifier}" in ${room.name}, which runs on any platform; pass what it needs as a parameter`];
  }
  return WORKSPACE_ROOMS.includes(room.name) && !isTest(file) ? [] : judgePackage(where, file, specifier);
}

function judgePackage(where: string, file: string, specifier: string): string[] {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (TEST_PACKAGES.includes(name)) {
    return isTest(file) ? [] : [`${where}: package "${name}" outside a test; only *.test.ts may import it`];
  }
  const row = PACKAGE_HOMES.find((entry) => entry.name.test(name));
  if (row === undefined) return [`${where}: package "${name}" has no home; add it to PACKAGE_HOMES with a reason`];
  // A test may build its own input, for instance an image with sharp; the engine's packages stay where they are.
  if (isTest(file) && !name.startsWith("onnx")) return [];
  if (row.homes.some((home) => (home.endsWith("/") ? file.startsWith(home) : file === home))) return [];
  return [`${where}: package "${name}" may only be imported in ${row.homes.join(", ")}`];
}

function judgeRelative(where: string, file: string, room: Room, target: string, tree: SourceTree): string[] {
  // A file that is no program, of which a bundler makes something: an address, a small picture, a style.
  if (WORKSPACE_ROOMS.includes(room.name) && !/\.tsx?$/.test(target)) return [];
  if (!target.startsWith("src/") && roomOf(target) !== room) {
    if (isTest(file) && target.startsWith("test/")) return [];
    return [`${where}: imports ${target}, outside src/; only tests may reach test/`];
  }
  if (!tree.has(target)) return [`${where}: imports ${target}, which is not there; write the path with its .ts ending`];
  if (isTest(target)) return [`${where}: imports the test ${target}; move what is shared into test/`];
  const other = roomOf(target);
  if (other === undefined || other === room || other.name === "shared") return [];
  if (other.name === "shared files") {
    if (room.platform === "node" || isTest(file)) return [];
    return [`${where}: imports ${target} from ${room.name}, which runs on any platform`];
  }
  // Tests may run what they build and read pictures: the engine and image files are open to them.
  if (isTest(file) && (other.name.startsWith("engine") || other.name.startsWith("image"))) return [];
  if (!room.mayImport.includes(other.name)) {
    const allowed = room.mayImport.length > 0 ? room.mayImport.join(", ") : "nothing";
    return [
      `${where}: ${room.name} imports ${other.name} (${target}); it may import ${allowed} (scripts/layers/table.ts)`,
    ];
  }
  const door = DOORS.find((entry) => entry.from === room.name && entry.room === other.name)?.door;
  if (door !== undefined && target !== door)
    return [`${where}: imports ${target}; ${room.name} reaches ${other.name} only through ${door}`];
  return [];
}

/** Simple circles of file imports, each once, as `a, b, a`. Type-only imports count. */
export function findCircles(imports: ReadonlyMap<string, readonly FoundImport[]>): string[][] {
  const circles: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const visit = (file: string): void => {
    state.set(file, "open");
    trail.push(file);
    for (const target of relativeTargets(file, imports.get(file) ?? [])) {
      if (!imports.has(target)) continue;
      if (state.get(target) === "open") circles.push([...trail.slice(trail.indexOf(target)), target]);
      else if (state.get(target) === undefined) visit(target);
    }
    trail.pop();
    state.set(file, "done");
  };
  for (const file of imports.keys()) if (state.get(file) === undefined) visit(file);
  return circles;
}

function relativeTargets(file: string, found: readonly FoundImport[]): string[] {
  return found
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => path.join(path.dirname(file), specifier));
}

/** The files that a program loads when it imports `entry`: by value imports, without those that wait for a call. */
export function filesLoadedBy(entry: string, tree: SourceTree): readonly string[] {
  const loaded = new Set([entry]);
  for (const file of loaded) {
    const found = scanImports(tree.get(file) ?? "").filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic);
    for (const target of relativeTargets(file, found)) loaded.add(target);
  }
  return [...loaded];
}

/** Follows value imports, dynamic ones too, from an entry point and reports the first way to the Node side. */
function judgeClosure(entry: string, imports: ReadonlyMap<string, readonly FoundImport[]>): string[] {
  const cameFrom = new Map<string, string | undefined>([[entry, undefined]]);
  for (const file of cameFrom.keys()) {
    const found = (imports.get(file) ?? []).filter(({ typeOnly }) => !typeOnly);
    for (const { specifier } of found) {
      if (specifier.startsWith("node:") || NODE_PACKAGES.includes(specifier)) {
        const way = [specifier, file];
        for (let at = cameFrom.get(file); at !== undefined; at = cameFrom.get(at)) way.push(at);
        return [`${entry}: reaches "${specifier}" through ${way.reverse().join(" -> ")}; it must load in a browser`];
      }
    }
    for (const target of relativeTargets(file, found)) if (!cameFrom.has(target)) cameFrom.set(target, file);
  }
  return [];
}
