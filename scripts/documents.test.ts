/** Documents that list others: nothing is missing, and nothing is listed that is not there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const folder = path.join(root, "docs/decisions");
const read = (file: string): string => readFileSync(file, "utf8");

describe("docs/decisions/README.md", () => {
  it("lists every decision once, by its number and in order", () => {
    const pages = readdirSync(folder).filter((name) => name !== "README.md");
    const listed = [...read(path.join(folder, "README.md")).matchAll(/^\| \[(\d{4})\]\(([^)]+)\) \|/gm)];
    expect(listed.map(([, , page]) => page)).toEqual(pages.sort());
    for (const [, number, page] of listed) expect(page?.startsWith(`${number}-`)).toBe(true);
  });
});

describe("docs/glossary.md and CONTRIBUTING.md", () => {
  it.each(["docs/glossary.md", "CONTRIBUTING.md"])("%s names only files that are there", (name) => {
    const files = [
      ...read(path.join(root, name)).matchAll(/`((?:src|test|scripts|docs|experiments|bench)\/[\w./-]+)`/g),
    ];
    expect(files.length).toBeGreaterThan(5);
    expect(files.map(([, file]) => file as string).filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});
