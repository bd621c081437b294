/**
 * `npm run check:layers`: checks every file of src/ and web/src/ against scripts/layers/table.ts, and the table in ARCHITECTURE.md
 * against the same data. `--print` writes the table for ARCHITECTURE.md instead. Exit code 1 when anything is wrong.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { checkLayers } from "./check-layers.ts";
import { layerTableMarkdown } from "./table.ts";

const DOCUMENT = "ARCHITECTURE.md";
const BEGIN = "<!-- layers: made by `npm run -s check:layers -- --print` -->";
const END = "<!-- /layers -->";

const root = path.resolve(import.meta.dirname, "../..");
if (process.argv.includes("--print")) {
  process.stdout.write(`${BEGIN}\n${layerTableMarkdown()}\n${END}\n`);
} else {
  const files = ["src", "web/src"]
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (file) => `${folder}/${file.split(path.sep).join("/")}`,
      ),
    )
    .filter((file) => /\.tsx?$/.test(file))
    .sort();
  const tree = new Map(files.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));
  const problems = [...checkLayers(tree), ...checkDocument()];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(`layers: ${files.length} files, ${problems.length} problems\n`);
  if (problems.length > 0) process.exitCode = 1;
}

function checkDocument(): string[] {
  const file = path.join(root, DOCUMENT);
  if (!existsSync(file)) return [`${DOCUMENT}: is not there; it shows the layer table`];
  const text = readFileSync(file, "utf8");
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (start < 0 || end < start) return [`${DOCUMENT}: has no layer table; paste what --print writes`];
  if (text.slice(start + BEGIN.length, end).trim() === layerTableMarkdown()) return [];
  return [`${DOCUMENT}: its layer table differs from scripts/layers/table.ts; paste what --print writes`];
}
