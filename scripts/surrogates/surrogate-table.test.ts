import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { SURROGATES } from "../../src/quantize/index.ts";
import { compiled } from "../../test/support/child-program.ts";
import { MARKERS, renewTables, surrogateTablesMarkdown } from "./surrogate-table.ts";

const root = path.resolve(import.meta.dirname, "../..");
const document = `above\n${MARKERS.begin}\nold\n${MARKERS.end}\nbelow\n`;

describe("the tables of surrogates", () => {
  it("have a row for every surrogate, with the same number of cells in every line of a table", () => {
    const blocks = surrogateTablesMarkdown().split("\n\n");
    const tables = blocks.filter((block) => block.startsWith("|")).map((block) => block.split("\n"));
    expect(tables.map((lines) => lines.length - 2)).toEqual([
      SURROGATES.length,
      SURROGATES.length,
      SURROGATES.filter(({ concentration }) => concentration !== undefined).length,
      2,
    ]);
    for (const lines of tables) {
      // A bar that belongs to a formula is escaped and separates nothing.
      const cells = lines.map((line) => line.replaceAll("\\|", "").split("|").length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  it("replace what stands between the markers and nothing else", () => {
    const renewed = renewTables(document);
    expect(renewed.startsWith(`above\n${MARKERS.begin}\n| \`id\``)).toBe(true);
    expect(renewed.endsWith(`\n${MARKERS.end}\nbelow\n`)).toBe(true);
    expect(renewTables(renewed)).toBe(renewed);
    expect(() => renewTables("no markers")).toThrow(/put both in/);
  });

  it("are those of docs/surrogates.md", () => {
    const script = compiled("scripts/surrogates/main.ts");
    const run = (...options: string[]) =>
      spawnSync(process.execPath, [script, ...options], { cwd: root, encoding: "utf8" });
    expect(run("--check")).toMatchObject({ status: 0, stderr: "" });
    expect(run("--chek").status).toBe(2);
  });
});
