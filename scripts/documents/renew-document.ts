/** A program for the parts of a document that are made from the code: `--check` compares them with the code, `--write` renews them. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

/** What is made. */
export interface RenewedDocument {
  /** The program, from the root of the project: "scripts/surrogates/main.ts". */
  readonly program: string;
  /** From the root of the project. */
  readonly document: string;
  /** The text of the document, with these parts made again. */
  readonly renew: (text: string) => string;
}

/** Does what the command line says. The exit code is 1 if the document differs from what the code makes, and 2 for unknown words. */
export function renewDocument({ program, document, renew }: RenewedDocument): void {
  const file = path.join(import.meta.dirname, "../..", document);
  const [mode, ...rest] = process.argv.slice(2);
  if ((mode !== "--check" && mode !== "--write") || rest.length > 0) {
    process.stderr.write(`${program}: expected --check or --write\n`);
    process.exitCode = 2;
    return;
  }
  const text = readFileSync(file, "utf8");
  const renewed = renew(text);
  if (mode === "--write") writeFileSync(file, renewed);
  else if (text !== renewed) {
    process.stderr.write(`${document}: its tables differ from the code; run \`npx tsx ${program} --write\`\n`);
    process.exitCode = 1;
  }
}
