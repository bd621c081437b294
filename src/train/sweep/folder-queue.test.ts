import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { compiled, start } from "../../../test/support/child-program.ts";
import { expanded, someResult } from "../../../test/support/sweep-plans.ts";
import { withTemporaryFolder } from "../../../test/support/training-images.ts";
import { FolderQueue } from "./folder-queue.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ClaimedRun } from "./run-queue.ts";
import { SweepFolder } from "./sweep-folder.ts";

const POLL_MS = 5;
const never = new AbortController().signal;

/** Runs of the tiny plan, a folder for them, and a function that makes one more queue, as one more process would. */
async function withSweep(
  use: (runs: readonly PlannedRun[], folder: SweepFolder, queue: () => FolderQueue) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (place) => {
    const { runs } = expanded(place);
    const folder = new SweepFolder(`${place}/out`);
    folder.make();
    await use(runs, folder, () => new FolderQueue(folder, runs, POLL_MS));
  });
}

/** Finishes whatever a queue gives until it gives nothing; returns names in order. */
async function drain(queue: FolderQueue, milliseconds: () => number): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const claimed = await queue.take(never);
    if (claimed === undefined) return names;
    await sleep(milliseconds());
    names.push(claimed.run.name);
    await claimed.finish(someResult(claimed.run));
  }
}

describe("FolderQueue", () => {
  it("gives every run once to any number of processes, forks after their trunk, and lets all of them end", async () => {
    await withSweep(async (runs, folder, queue) => {
      const drained = await Promise.all([queue(), queue(), queue()].map((one, k) => drain(one, () => 3 + 4 * k)));
      expect(drained.flat().sort()).toEqual(runs.map(({ name }) => name).sort());
      expect(drained.every((names) => names.length > 0)).toBe(true);
      expect(folder.readResults().map(({ id }) => id)).toEqual(runs.map(({ id }) => id).sort());
      expect(await queue().take(never)).toBeUndefined();
    });
  });

  it("waits for forks while somebody else trains their trunk", async () => {
    await withSweep(async (runs, _, queue) => {
      const [one, other] = [queue(), queue()];
      const trunks = [await one.take(never), await one.take(never)] as [ClaimedRun, ClaimedRun];
      expect(trunks.map(({ run }) => run.name)).toEqual(["trunk/s1", "trunk/s2"]);
      let taken: ClaimedRun | undefined;
      const taking = other.take(never).then((claimed) => {
        taken = claimed;
      });
      await sleep(10 * POLL_MS);
      expect(taken).toBeUndefined();
      await trunks[1].finish(someResult(runs[1] as PlannedRun));
      await taking;
      expect(taken).toMatchObject({ run: { name: "fork/aun/s2" }, startFrom: trunks[1].folder });
    });
  });

  it("ends without what others hold when nothing hangs on it", async () => {
    await withSweep(async (runs, folder, queue) => {
      for (const run of runs.slice(0, -1)) folder.writeResult(someResult(run));
      const last = await queue().take(never);
      expect(last?.run.name).toBe("fork/sua-dither/s2");
      expect(await queue().take(never)).toBeUndefined();
    });
  });

  it("takes over a run whose process is gone", async () => {
    await withSweep(async (runs, folder, queue) => {
      const { pid } = spawnSync(process.execPath, ["--version"]);
      const [first] = runs as [PlannedRun];
      writeFileSync(folder.claimFile(first.id), JSON.stringify({ pid, host: hostname(), startedMs: Date.now() }));
      expect((await queue().take(never))?.run.name).toBe(first.name);
    });
  });

  it("leaves a run alone that a process holds, and what begins from it, when that never ends", async () => {
    await withSweep(async (runs, folder, queue) => {
      const [first] = runs as [PlannedRun];
      const owner = { pid: process.ppid, host: hostname(), startedMs: Date.now() };
      writeFileSync(folder.claimFile(first.id), JSON.stringify(owner));
      const stop = new AbortController();
      const one = queue();
      const names: (string | undefined)[] = [];
      for (let k = 0; k < 4; k++) {
        const claimed = await one.take(never);
        names.push(claimed?.run.name);
        await claimed?.finish(someResult(claimed.run));
      }
      expect(names).toEqual(["trunk/s2", "fork/aun/s2", "fork/mixed/s2", "fork/sua-dither/s2"]);
      setTimeout(() => stop.abort(), 4 * POLL_MS);
      expect(await one.take(stop.signal)).toBeUndefined();
      expect(stop.signal.aborted).toBe(true);
    });
  });

  it("never gives out what begins from a run that diverged", async () => {
    await withSweep(async (runs, folder, queue) => {
      folder.writeResult(someResult(runs[0] as PlannedRun, "diverged"));
      expect(await drain(queue(), () => 0)).toEqual(["trunk/s2", "fork/aun/s2", "fork/mixed/s2", "fork/sua-dither/s2"]);
    });
  });

  it("does not give a run again to the process that gave it back, but to another", async () => {
    await withSweep(async (_, folder, queue) => {
      const one = queue();
      const first = await one.take(never);
      await first?.giveBack();
      expect(existsSync(folder.claimFile(first?.run.id ?? ""))).toBe(false);
      expect((await one.take(never))?.run.name).toBe("trunk/s2");
      expect((await queue().take(never))?.run.name).toBe("trunk/s1");
    });
  });

  it("refuses a damaged result instead of training over it", async () => {
    await withSweep(async (runs, folder, queue) => {
      const { id } = runs[0] as PlannedRun;
      writeFileSync(`${folder.folder}/results/${id}.json`, "{}");
      await expect(queue().take(never)).rejects.toThrow(/results\/.*got a damaged file .*delete it to make it again/);
    });
  });
});

describe("SweepFolder", () => {
  it("keeps to the images that its first run saw", async () => {
    await withSweep(async (_, folder) => {
      folder.checkImages("aaaaaaaaaaaaaaaa");
      folder.checkImages("aaaaaaaaaaaaaaaa");
      expect(() => folder.checkImages("bbbbbbbbbbbbbbbb")).toThrow(/hash bbbbbbbbbbbb, expected aaaaaaaaaaaa/);
    });
  });

  it("lets one of several processes that begin together say which images, and the others compare", {
    timeout: 120_000,
  }, async () => {
    const child = compiled("test/support/images-child.ts");
    const answers = (folder: string, hashes: readonly string[]) =>
      Promise.all(hashes.map(async (hash) => (await start("node", [child, folder, hash, begin])).stdout));
    let begin = "";
    for (let round = 0; round < 3; round++) {
      await withTemporaryFolder(async (folder) => {
        begin = String(Date.now() + 2000);
        const [same, other] = await Promise.all([
          answers(`${folder}/same`, ["a".repeat(16), "a".repeat(16), "a".repeat(16)]),
          answers(`${folder}/other`, ["a".repeat(16), "b".repeat(16)]),
        ]);
        expect(same).toEqual(["noted", "noted", "noted"]);
        expect(other.toSorted()).toEqual(["noted", "other-images"]);
      });
    }
  });
});
