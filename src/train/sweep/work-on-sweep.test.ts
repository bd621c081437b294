import { describe, expect, it } from "vitest";
import { expanded, someResult } from "../../../test/support/sweep-plans.ts";
import { withTemporaryFolder } from "../../../test/support/training-images.ts";
import { HalfstepError } from "../../errors.ts";
import { FolderQueue } from "./folder-queue.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { RunEnd, RunExecutor } from "./run-queue.ts";
import { SweepFolder } from "./sweep-folder.ts";
import { type SweepWork, workOnSweep } from "./work-on-sweep.ts";

interface Worked {
  readonly work: SweepWork;
  /** Names of runs in the order in which they were begun. */
  readonly begun: readonly string[];
  readonly folder: SweepFolder;
}

/** Works on the tiny plan. @param execute what a run comes to */
async function worked(
  execute: (run: PlannedRun, stop: AbortController) => RunEnd,
  use: (worked: Worked) => void,
  maxRuns?: number,
): Promise<void> {
  await withTemporaryFolder(async (place) => {
    const folder = new SweepFolder(`${place}/out`);
    folder.make();
    const stop = new AbortController();
    const executor: RunExecutor = async ({ run }) => execute(run, stop);
    const begun: string[] = [];
    const work = await workOnSweep({
      queue: new FolderQueue(folder, expanded(place).runs, 5),
      execute: executor,
      signal: stop.signal,
      onBegin: ({ name }) => begun.push(name),
      ...(maxRuns === undefined ? {} : { maxRuns }),
    });
    use({ work, begun, folder });
  });
}

const over = (run: PlannedRun): RunEnd => ({ type: "over", result: someResult(run) });

describe("workOnSweep", () => {
  it("works until nothing is left and stores every result", async () => {
    await worked(over, ({ work, begun, folder }) => {
      expect(work.outcome).toBe("done");
      expect(begun).toHaveLength(8);
      expect(folder.readResults()).toHaveLength(8);
    });
  });

  it("stops after so many runs", async () => {
    await worked(
      over,
      ({ work, begun }) => {
        expect(work.outcome).toBe("limit");
        expect(begun).toEqual(["trunk/s1", "trunk/s2", "fork/aun/s1"]);
      },
      3,
    );
  });

  it("stops with the run that the signal stopped, which stays unfinished", async () => {
    await worked(
      (run, stop) => {
        if (run.name !== "trunk/s2") return over(run);
        stop.abort();
        return { type: "stopped", step: 3 };
      },
      ({ work, begun, folder }) => {
        expect(work).toMatchObject({ outcome: "stopped", results: [{ run: { name: "trunk/s1" } }] });
        expect(begun).toEqual(["trunk/s1", "trunk/s2"]);
        expect(folder.readResults()).toHaveLength(1);
      },
    );
  });

  it("goes on without a run that fails, and without what begins from it, and says so", async () => {
    await worked(
      (run) => {
        if (run.name === "trunk/s1") throw new HalfstepError("bad-checkpoint", "it is damaged");
        return over(run);
      },
      ({ work, begun, folder }) => {
        expect(work).toMatchObject({
          outcome: "done",
          failures: [{ run: { name: "trunk/s1" }, message: "it is damaged" }],
        });
        expect(begun).toEqual(["trunk/s1", "trunk/s2", "fork/aun/s2", "fork/mixed/s2", "fork/sua-dither/s2"]);
        expect(folder.readResults()).toHaveLength(4);
      },
    );
  });

  it.each([
    ["a full disk", new HalfstepError("cannot-write", "disk full")],
    ["a bug of ours", new Error("internal: broken")],
  ])("ends at once for %s", async (_, error) => {
    const attempt = worked(
      () => {
        throw error;
      },
      () => undefined,
    );
    await expect(attempt).rejects.toThrow(error);
  });

  it("leaves a run alone that a trainer outside the queue holds", async () => {
    await worked(
      (run) => (run.name === "trunk/s1" ? { type: "held", message: "locked" } : over(run)),
      ({ work, begun }) => {
        expect(work).toMatchObject({ outcome: "done", failures: [] });
        expect(begun).toHaveLength(5);
      },
    );
  });
});
