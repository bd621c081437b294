/** What a program that only decodes carries: the files that it loads, counted from the imports of its entry. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { filesLoadedBy, roomOf } from "../scripts/layers/check-layers.ts";
import { PROJECT } from "./support/child-program.ts";

/** Files that `node.ts` may load at the most; the number moves in the commit that moves it. */
const MOST_FILES = 164;

const files = readdirSync(path.join(PROJECT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => `src/${file.split(path.sep).join("/")}`);
const tree = new Map(files.map((file) => [file, readFileSync(path.join(PROJECT, file), "utf8")]));

describe.each(["src/node.ts", "src/web.ts", "src/index.ts"])("a program that imports %s", (entry) => {
  const loaded = filesLoadedBy(entry, tree);

  it("loads the codec, and nothing of training, packaging, judging and the laboratory", () => {
    const rooms = new Set(loaded.map((file) => roomOf(file)?.name));
    expect(rooms).toContain("codec");
    const others = [
      "train",
      "packaging",
      "objective",
      "lab",
      "evaluate",
      "report",
      "cli",
      "image files",
      "image bands",
    ];
    const isOther = (room = ""): boolean => others.some((other) => room === other || room.startsWith(`${other}/`));
    expect([...rooms].filter(isOther)).toEqual([]);
  });

  it("loads only files that exist, and no more of them than is written down here", () => {
    expect(loaded.filter((file) => !tree.has(file))).toEqual([]);
    expect(loaded.length).toBeLessThanOrEqual(MOST_FILES);
    expect(loaded.length).toBeGreaterThan(50);
  });
});
