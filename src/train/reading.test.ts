import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PackedDataset } from "./data/packed-dataset.ts";
import { METRICS_FILE, readMetrics } from "./metrics.ts";
import { reading, readText } from "./reading.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "halfstep-reading-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("reading", () => {
  it("gives what is there", () => {
    const file = path.join(folder, "a");
    writeFileSync(file, "σ");
    expect(readText(file)).toBe("σ");
  });

  it.each([
    { code: "EACCES", advice: "check its permissions" },
    { code: "EIO", advice: "check the file and its disk" },
  ])("names the file and what $code asks for", ({ code, advice }) => {
    const refuse = () => {
      throw Object.assign(new Error("refused"), { code });
    };
    const expected = { code: "cannot-read", message: `a/b: cannot be read (${code}); ${advice}` };
    expect(() => reading("a/b", refuse)).toThrow(expect.objectContaining(expected));
  });

  it.each([
    { what: "metrics", name: METRICS_FILE, read: () => readMetrics(folder) },
    { what: "a manifest", name: "manifest.json", read: () => PackedDataset.open(folder) },
  ])("is how $what are read", ({ name, read }) => {
    const file = path.join(folder, name);
    mkdirSync(file);
    const expected = { code: "cannot-read", message: expect.stringContaining(`${file}: cannot be read (EISDIR)`) };
    expect(read).toThrow(expect.objectContaining(expected));
  });
});
