import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { withTemporaryFolder } from "../../test/support/training-images.ts";
import { acquireRunLock, isLocked } from "./run-lock.ts";

/** A process number that belongs to nobody: of a process that has ended. */
const deadPid = spawnSync(process.execPath, ["--version"]).pid;

function writeLock(folder: string, owner: { pid: number; host?: string; startedMs?: number }): void {
  writeFileSync(path.join(folder, "lock"), JSON.stringify({ host: hostname(), startedMs: Date.now(), ...owner }));
}

describe("acquireRunLock", () => {
  it("excludes a second owner until it is released", async () => {
    await withTemporaryFolder(async (folder) => {
      const lock = acquireRunLock(folder);
      expect(() => acquireRunLock(folder)).toThrow(`got a lock of process ${process.pid} on ${hostname()}`);
      lock.release();
      lock.release();
      expect(existsSync(path.join(folder, "lock"))).toBe(false);
      acquireRunLock(folder).release();
    });
  });

  it("does not release a lock that has passed to another owner", async () => {
    await withTemporaryFolder(async (folder) => {
      const first = acquireRunLock(folder);
      first.release();
      const second = acquireRunLock(folder);
      expect(() => acquireRunLock(folder)).toThrow(/got a lock/);
      second.release();
    });
  });

  it.each([
    ["of a process that has ended", { pid: deadPid }],
    ["of this process's number in an earlier life", { pid: process.pid }],
    ["from before the machine was started", { pid: process.ppid, startedMs: 0 }],
  ])("takes over a lock %s", async (_, owner) => {
    await withTemporaryFolder(async (folder) => {
      writeLock(folder, owner);
      const lock = acquireRunLock(folder);
      expect(() => acquireRunLock(folder)).toThrow(/got a lock/);
      lock.release();
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it.each([
    ["of a living process", { pid: process.ppid }],
    ["of another machine", { pid: deadPid, host: "elsewhere" }],
  ])("respects a lock %s", async (_, owner) => {
    await withTemporaryFolder(async (folder) => {
      writeLock(folder, owner);
      expect(() => acquireRunLock(folder)).toThrow(/delete ".*lock" if that process is gone/);
      expect(readdirSync(folder)).toEqual(["lock"]);
    });
  });

  it("says cannot-write in a folder that takes no file", () => {
    const expected = { code: "cannot-write", message: expect.stringContaining("cannot be written (ENOENT)") };
    expect(() => acquireRunLock("/nowhere/at/all")).toThrow(expect.objectContaining(expected));
  });

  it("takes over a lock without an owner when it is old, as a power failure leaves it", async () => {
    await withTemporaryFolder(async (folder) => {
      const file = path.join(folder, "lock");
      writeFileSync(file, "");
      expect(isLocked(file)).toBe(true);
      utimesSync(file, new Date(), new Date(Date.now() - 120_000));
      expect(isLocked(file)).toBe(false);
      const lock = acquireRunLock(folder);
      expect(isLocked(file)).toBe(true);
      lock.release();
      expect(isLocked(file)).toBe(false);
    });
  });

  it("respects a lock that it cannot read", async () => {
    await withTemporaryFolder(async (folder) => {
      writeFileSync(path.join(folder, "lock"), "");
      expect(() => acquireRunLock(folder)).toThrow(/another process/);
    });
  });
});
