/**
 * `npx tsx scripts/format-layers/main.ts --check`: whether the tables of entropy layers in FORMAT.md are those of the code; exit code 1
 * if not. `--write` renews them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { renewLayerTables } from "./layer-tables.ts";

const file = path.join(import.meta.dirname, "../../FORMAT.md");
const [mode, ...rest] = process.argv.slice(2);
if ((mode !== "--check" && mode !== "--write") || rest.length > 0) {
  process.stderr.write("format-layers: expected --check or --write\n");
  process.exitCode = 2;
} else {
  const text = readFileSync(file, "utf8");
  const renewed = renewLayerTables(text);
  if (mode === "--write") writeFileSync(file, renewed);
  else if (text !== renewed) {
    process.stderr.write(
      "FORMAT.md: its layer tables differ from the code; run `npx tsx scripts/format-layers/main.ts --write`\n",
    );
    process.exitCode = 1;
  }
}
