/**
 * `npx tsx scripts/surrogates/main.ts --check`: whether the tables of docs/surrogates.md are those of the code; exit code 1 if
 * not. `--write` renews them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { renewTables } from "./surrogate-table.ts";

const DOCUMENT = "docs/surrogates.md";
const file = path.join(import.meta.dirname, "../..", DOCUMENT);
const [mode, ...rest] = process.argv.slice(2);
if ((mode !== "--check" && mode !== "--write") || rest.length > 0) {
  process.stderr.write("surrogate-table: expected --check or --write\n");
  process.exitCode = 2;
} else {
  const text = readFileSync(file, "utf8");
  const renewed = renewTables(text);
  if (mode === "--write") writeFileSync(file, renewed);
  else if (text !== renewed) {
    process.stderr.write(
      `${DOCUMENT}: its tables differ from the code; run \`npx tsx scripts/surrogates/main.ts --write\`\n`,
    );
    process.exitCode = 1;
  }
}
