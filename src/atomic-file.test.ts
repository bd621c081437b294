import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../test/support/failure-of.ts";
import {
  ensureWritable,
  makeFolder,
  removeTemporaries,
  removingAfter,
  withTemporaryPath,
  writeFileAtomic,
} from "./atomic-file.ts";
import { UsageError } from "./errors.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfstep-atomic-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

/** Two parts, with something happening between them. */
async function* parts(between: () => Promise<void> | void): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 2);
  await between();
  yield bytes.subarray(2);
}

describe("writeFileAtomic", () => {
  it("keeps the mode of a file that it replaces, through a link too", async () => {
    await writeFile(join(folder, "secret"), "old");
    await symlink("secret", join(folder, "link"));
    for (const [mode, name] of [
      [0o600, "secret"],
      [0o640, "link"],
      [0o755, "secret"],
    ] as const) {
      await chmod(join(folder, "secret"), mode);
      await writeFileAtomic(join(folder, name), bytes, { force: true });
      expect([(await stat(join(folder, "secret"))).mode & 0o7777, await readFile(join(folder, "secret"))]).toEqual([
        mode,
        Buffer.from(bytes),
      ]);
    }
  });

  it("tells of a link to nothing before the work", async () => {
    await symlink("nowhere", join(folder, "dangling"));
    for (const force of [false, true]) {
      const error = await failureOf(ensureWritable(join(folder, "dangling"), { force }));
      expect([error.code, error.message]).toEqual([
        "cannot-write",
        expect.stringContaining("is a link to nowhere, which does not exist"),
      ]);
    }
  });

  it("writes bytes and parts, and leaves nothing else in the folder", async () => {
    await writeFileAtomic(join(folder, "whole"), bytes);
    await writeFileAtomic(
      join(folder, "parts"),
      parts(() => {}),
    );
    await writeFileAtomic(join(folder, "empty"), new Uint8Array(0));
    expect(new Uint8Array(await readFile(join(folder, "whole")))).toEqual(bytes);
    expect(new Uint8Array(await readFile(join(folder, "parts")))).toEqual(bytes);
    expect(await readFile(join(folder, "empty"))).toHaveLength(0);
    expect((await readdir(folder)).sort()).toEqual(["empty", "parts", "whole"]);
  });

  it("shows no file under the final name before the last part is written", async () => {
    const path = join(folder, "late");
    let during: string[] = [];
    await writeFileAtomic(
      path,
      parts(async () => {
        during = await readdir(folder);
      }),
    );
    expect(during).toHaveLength(1);
    expect(during[0]).toMatch(/^\.halfstep-.*\.tmp$/);
  });

  it("refuses an existing file unless forced, and replaces it when forced", async () => {
    const path = join(folder, "there");
    await writeFile(path, "old");
    const error = await failureOf(writeFileAtomic(path, bytes));
    expect(error).toBeInstanceOf(UsageError);
    expect([error.code, error.exitCode]).toEqual(["output-exists", 2]);
    expect(error.message).toMatch(/--force/);
    expect(await readFile(path, "utf8")).toBe("old");
    await writeFileAtomic(path, bytes, { force: true });
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  });

  it("does not replace a file that appears while it writes", async () => {
    const path = join(folder, "race");
    const error = await failureOf(
      writeFileAtomic(
        path,
        parts(() => writeFile(path, "theirs")),
      ),
    );
    expect(error.code).toBe("output-exists");
    expect(await readFile(path, "utf8")).toBe("theirs");
    expect(await readdir(folder)).toEqual(["race"]);
  });

  it("keeps the old file, removes the temporary and passes the error on when the source fails", async () => {
    const path = join(folder, "kept");
    await writeFile(path, "old");
    const broken = parts(() => {
      throw new RangeError("from the codec");
    });
    await expect(writeFileAtomic(path, broken, { force: true })).rejects.toThrow(new RangeError("from the codec"));
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["kept"]);
  });

  it("says cannot-write with the path and the cause when the file system fails, and removes the temporary", async () => {
    const path = join(folder, "blocked");
    const error = await failureOf(
      writeFileAtomic(
        path,
        parts(() => mkdir(path).then(() => {})),
        { force: true },
      ),
    );
    expect([error.code, error.exitCode]).toEqual(["cannot-write", 1]);
    expect(error.message).toContain(`${path}: cannot be written (EISDIR)`);
    expect(await readdir(folder)).toEqual(["blocked"]);
    const long = await failureOf(writeFileAtomic(join(folder, "n".repeat(300)), bytes));
    expect([long.code, long.message]).toEqual(["cannot-write", expect.stringContaining("ENAMETOOLONG")]);
  });

  it("writes through a symbolic link and keeps the link", async () => {
    await writeFile(join(folder, "file"), "old");
    await symlink("file", join(folder, "link"));
    await writeFileAtomic(join(folder, "link"), bytes, { force: true });
    expect(new Uint8Array(await readFile(join(folder, "file")))).toEqual(bytes);
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
  });
});

describe("ensureWritable", () => {
  it("passes for a new name and for a forced replacement, and creates nothing", async () => {
    await ensureWritable(join(folder, "new"));
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, "old"), "");
    await ensureWritable(join(folder, "old"), { force: true });
    expect((await failureOf(ensureWritable(join(folder, "old")))).code).toBe("output-exists");
  });

  it("tells a missing folder, and a file in the place of the folder, from a folder in the place of the file", async () => {
    await writeFile(join(folder, "file"), "");
    for (const path of [join(folder, "missing", "out"), join(folder, "file", "out")]) {
      const error = await failureOf(ensureWritable(path));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.code).toBe("no-output-folder");
    }
    const error = await failureOf(ensureWritable(folder, { force: true }));
    expect([error.code, error.message]).toEqual(["cannot-write", expect.stringContaining("EISDIR")]);
  });

  it.skipIf(process.platform === "win32")("refuses a device even when forced", async () => {
    const error = await failureOf(ensureWritable("/dev/null", { force: true }));
    expect([error.code, error.message]).toEqual([
      "cannot-write",
      "/dev/null: is not a regular file; name a regular file",
    ]);
  });
});

describe("withTemporaryPath", () => {
  it("gives a path of the wanted ending, and removes what is there when the work ends or fails", async () => {
    const work = async (path: string): Promise<string> => {
      expect(path).toMatch(/\.halfstep-.*\.v$/);
      await writeFile(path, "pixels");
      return path;
    };
    const path = await withTemporaryPath(folder, ".v", work);
    expect(path.startsWith(folder)).toBe(true);
    const failing = withTemporaryPath(folder, ".v", async (temporary) => {
      await work(temporary);
      throw new RangeError("from the work");
    });
    await expect(failing).rejects.toThrow(new RangeError("from the work"));
    await withTemporaryPath(folder, ".v", async () => undefined);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("removingAfter", () => {
  it("removes a folder and what is in it when the work ends or fails", async () => {
    const temporary = join(folder, "made");
    const work = async (): Promise<void> => {
      await mkdir(join(temporary, "inner"), { recursive: true });
      await writeFile(join(temporary, "inner", "file"), "");
    };
    await removingAfter(temporary, work);
    expect(await readdir(folder)).toEqual([]);
    const failing = removingAfter(temporary, async () => {
      await work();
      throw new RangeError("from the work");
    });
    await expect(failing).rejects.toThrow(new RangeError("from the work"));
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("removeTemporaries", () => {
  it("removes a folder that is being filled", async () => {
    const temporary = join(folder, "made");
    await removingAfter(temporary, async () => {
      await mkdir(join(temporary, "inner"), { recursive: true });
      await writeFile(join(temporary, "inner", "file"), "");
      expect(removeTemporaries()).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it("removes what a write in progress has open, and reports nothing left", async () => {
    let left: readonly string[] = ["not called"];
    let during: string[] = ["not read"];
    const interrupted = writeFileAtomic(
      join(folder, "out"),
      parts(async () => {
        left = removeTemporaries();
        during = await readdir(folder);
      }),
    );
    // The name is gone, so the last step must fail rather than report a file that is not there.
    expect((await failureOf(interrupted)).code).toBe("cannot-write");
    expect(left).toEqual([]);
    expect(during).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("makeFolder", () => {
  it("makes the folders that are missing, and leaves those that are there", async () => {
    const made = join(folder, "a", "b", "c");
    makeFolder(made);
    await writeFile(join(made, "kept"), bytes);
    makeFolder(made);
    expect(await readdir(made)).toEqual(["kept"]);
  });

  it("says cannot-write with the path and the cause where a file is in the way", async () => {
    const file = join(folder, "file");
    await writeFile(file, bytes);
    for (const [wanted, named, cause] of [
      [file, file, "EEXIST"],
      [join(file, "a"), join(file, "a"), "ENOTDIR"],
      [join(file, "a", "b"), join(file, "a"), "ENOTDIR"],
    ] as const) {
      const message = expect.stringContaining(`${named}: cannot be written (${cause})`);
      expect(() => makeFolder(wanted)).toThrow(expect.objectContaining({ code: "cannot-write", message }));
    }
  });

  it.skipIf(!existsSync("/proc/version"))("ends where no folder can be made", () => {
    expect(() => makeFolder("/proc/halfstep/run")).toThrow(/^\/proc\/halfstep: cannot be written \(ENOENT\)/);
  });
});
