/**
 * `npm run build`: makes dist/, the code of the package. The code is joined into a few files that share their parts, one set for Node
 * and one for browsers. Only those declarations stay that the entries of the package lead to.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { type BuildOptions, build } from "esbuild";
import { unreachedDeclarations } from "./declarations.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const DIST = path.join(PROJECT, "dist");

const COMMON: BuildOptions = {
  absWorkingDir: PROJECT,
  bundle: true,
  splitting: true,
  format: "esm",
  outbase: "src",
  outdir: DIST,
  logLevel: "warning",
};

function declare(config: string): void {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", config], { cwd: PROJECT, stdio: "inherit" });
}

rmSync(DIST, { recursive: true, force: true });
declare("tsconfig.build.json");
declare("tsconfig.build.element.json");
const declarations = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));
const texts = new Map(declarations.map((file) => [file, readFileSync(path.join(DIST, file), "utf8")]));
const entries = ["node.d.ts", "web.d.ts", "research.d.ts", "web/codec-worker.d.ts", "element/halfstep-image.d.ts"];
for (const file of unreachedDeclarations(entries, texts)) rmSync(path.join(DIST, file));

await build({
  ...COMMON,
  // The code is read in the repository. Names stay, for the traces of errors.
  minifyWhitespace: true,
  entryPoints: [
    "src/node.ts",
    "src/research.ts",
    "src/cli/main.ts",
    "src/cli/batch/worker.ts",
    "src/evaluate/study/worker.ts",
  ],
  platform: "node",
  target: "node20",
  packages: "external",
  chunkNames: "chunks/[name]-[hash]",
});
await build({
  ...COMMON,
  entryPoints: ["src/web.ts", "src/web/codec-worker.ts", "src/element/halfstep-image.ts"],
  target: "es2022",
  external: ["onnxruntime-web"],
  chunkNames: "web/[name]-[hash]",
});
