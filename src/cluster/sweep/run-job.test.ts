import path from "node:path";
import { expect, it } from "vitest";
import { expanded } from "../../../test/support/sweep-plans.ts";
import { withTemporaryFolder } from "../../../test/support/training-images.ts";
import { parseRunJob, runJobData, runJobId } from "./run-job.ts";

const STORE = "4ff7c2c5-8f0c-4c3f-8c3e-111111111111";

/** A job of the tiny plan, as it comes out of the queue. */
async function someJob(): Promise<
  Record<string, unknown> & { run: Record<string, unknown> & { config: Record<string, unknown> } }
> {
  return withTemporaryFolder(async (folder) => {
    const run = expanded(folder).runs[2]!;
    const data = runJobData({ version: 1, store: STORE, place: "runs/tiny", dataHash: "a".repeat(64), run });
    return JSON.parse(JSON.stringify(data)) as Awaited<ReturnType<typeof someJob>>;
  });
}

it("a run comes out of the queue as it went in", async () => {
  await withTemporaryFolder(async (folder) => {
    for (const run of expanded(folder).runs) {
      const job = { version: 1, store: STORE, place: "runs/tiny", dataHash: "a".repeat(64), run } as const;
      expect(parseRunJob(JSON.parse(JSON.stringify(runJobData(job))))).toEqual(job);
    }
  });
});

it("one run of two sweeps is two jobs", () => {
  const names = [runJobId(STORE, "runs/a", "0".repeat(16)), runJobId(STORE, "runs/b", "0".repeat(16))];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^0{16}-[0-9a-f]{8}$/);
});

it("refuses what a stranger might put there", async () => {
  const job = await someJob();
  const { run } = job;
  const hostile: [unknown, RegExp][] = [
    [null, /expected/],
    [{ ...job, extra: 1 }, /extra/],
    [{ ...job, version: 2 }, /version/],
    [{ ...job, place: "../../etc" }, /expected names between single slashes/],
    [{ ...job, place: "/etc" }, /expected names between single slashes/],
    [{ ...job, store: "here" }, /store/],
    [{ ...job, dataHash: "../../x" }, /dataHash/],
    [{ ...job, run: { ...run, name: "a\u001b[2J" } }, /run.name/],
    [{ ...job, run: { ...run, id: "0".repeat(16) } }, /identity that is not that of its configuration/],
    [{ ...job, run: { ...run, id: "../../../../abc" } }, /run.id/],
    [{ ...job, run: { ...run, start: { type: "weights", sha256: "../x" } } }, /start/],
    [{ ...job, run: { ...run, start: { type: "weights", sha256: "a".repeat(64), file: "/etc/passwd" } } }, /file/],
    [{ ...job, run: { ...run, config: { ...run.config, data: "/home/somebody" } } }, /places on a machine/],
    [{ ...job, run: { ...run, config: { ...run.config, initialWeights: "/etc/passwd" } } }, /places on a machine/],
    [{ ...job, run: { ...run, config: { ...run.config, steps: 1e12 } } }, /identity|steps/],
    [{ ...job, run: { ...run, config: { ...run.config, batch: -1 } } }, /batch/],
    [{ ...job, run: { ...run, config: { ...run.config, shell: "rm" } } }, /shell/],
  ];
  for (const [data, message] of hostile) {
    expect(() => parseRunJob(data), JSON.stringify(data).slice(0, 200)).toThrow(message);
  }
  expect(path.isAbsolute(parseRunJob(job).place)).toBe(false);
});
