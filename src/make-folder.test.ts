import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { withTemporaryFolder } from "../test/support/training-images.ts";
import { makeFolder } from "./atomic-file.ts";

describe("makeFolder", () => {
  it("makes the folders that are missing, and leaves those that are there", async () => {
    await withTemporaryFolder(async (parent) => {
      const folder = path.join(parent, "a", "b", "c");
      makeFolder(folder);
      mkdirSync(path.join(folder, "kept"));
      makeFolder(folder);
      expect(statSync(path.join(folder, "kept")).isDirectory()).toBe(true);
    });
  });

  it("says cannot-write with the path and the cause where a file is in the way", async () => {
    await withTemporaryFolder(async (parent) => {
      const file = path.join(parent, "file");
      writeFileSync(file, "");
      for (const [folder, named, cause] of [
        [file, file, "EEXIST"],
        [path.join(file, "a"), path.join(file, "a"), "ENOTDIR"],
        [path.join(file, "a", "b"), path.join(file, "a"), "ENOTDIR"],
      ] as const) {
        expect(() => makeFolder(folder)).toThrow(
          expect.objectContaining({
            code: "cannot-write",
            message: expect.stringContaining(`${named}: cannot be written (${cause})`),
          }),
        );
      }
    });
  });

  it.skipIf(!existsSync("/proc/version"))("ends where no folder can be made", () => {
    expect(() => makeFolder("/proc/halfstep/run")).toThrow(/^\/proc\/halfstep: cannot be written \(ENOENT\)/);
  });
});
