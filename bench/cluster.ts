/**
 * What a queue on Redis costs. A sweep of one-thread runs is trained by processes of `halfstep sweep` and by workers, in turns, by one and by two of each.
 * The queue is also measured alone, in milliseconds of a job and bytes of Redis. Beside these stands what two processes that share nothing gained on the
 * machine at that time. The times include starting the processes. Needs redis-server.
 * Run: `npm run bench -- cluster`.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { PREFIX } from "../src/cluster/queue/queue-names.ts";
import { connectRedis } from "../src/cluster/queue/redis.ts";
import { runJobData } from "../src/cluster/sweep/run-job.ts";
import { packFolder } from "../src/train/data/pack-folder.ts";
import { expandPlanFile } from "../src/train/sweep/expand-plan.ts";
import { compileProgram } from "../test/setup/compile-program.ts";
import { start } from "../test/support/child-program.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import { runWords } from "../test/support/run-words.ts";
import { TINY_PLAN, writePlan } from "../test/support/sweep-plans.ts";
import { coordinateImage, writePng } from "../test/support/training-images.ts";
import type { BenchReport } from "./report.ts";

/** Runs of the sweep, and steps of each: a few seconds of one core a run. */
const RUNS = 8;
const STEPS = 80;
/** Rounds of the loop that shows how much the machine can give: a few seconds. */
const LOOPS = 5e8;
/** Jobs of the queue alone, and how many its worker has at a time. */
const JOBS = 2_000;

/** Measures. @throws {Error} if results of queue and embedded queue differ */
export async function benchCluster(_options: { readonly json: boolean }): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "halfstep-bench-"));
  const compiled = await compileProgram();
  const redis = await RedisServer.start(folder);
  try {
    const program = path.join(compiled.folder, "src/cli/main.js");
    const rows = [
      ...(await sweepRows(folder, redis, program)),
      await machineRow(),
      ...(await queueRows(folder, redis)),
    ];
    return { name: "cluster", rows, notes: ["wall time, starting the processes included; every run with one thread"] };
  } finally {
    await redis.stop();
    await compiled.remove();
    rmSync(folder, { recursive: true });
  }
}

async function sweepRows(folder: string, redis: RedisServer, program: string): Promise<BenchReport["rows"]> {
  for (const tag of [1, 2, 3]) await writePng(path.join(folder, `images/${tag}.png`), coordinateImage(160, 140, tag));
  const data = path.join(folder, "data");
  await packFolder(path.join(folder, "images"), data);
  const set = { steps: STEPS, checkpointEvery: STEPS / 2, validateEvery: STEPS, network: { N: 16, M: 24 }, batch: 4 };
  const seeds = Array.from({ length: RUNS }, (_, seed) => seed + 1);
  const plan = writePlan(folder, { ...TINY_PLAN, stages: [{ name: "trunk", seeds, set }] });
  const rows: Record<string, string | number>[] = [];
  /** Of one process, by the kind. */
  const alone = new Map<string, number>();
  let expected: unknown;
  for (const count of [1, 2]) {
    for (const kind of ["embedded queue", "workers"]) {
      const store = path.join(folder, `${kind}-${count}`.replace(" ", "-"));
      mkdirSync(store);
      const out = path.join(store, "runs/tiny");
      let words = ["sweep", plan, "--data", data, "--out", out];
      if (kind === "workers") {
        const put = await runWords("sweep", plan, "--queue", redis.address, "--store", store, "--data", data);
        if (put.exitCode !== 0) throw new Error(put.stderr);
        words = ["worker", "--queue", redis.address, "--store", store];
      }
      const startMs = performance.now();
      const children: ChildProcess[] = [];
      const ends = Array.from({ length: count }, () =>
        start(process.execPath, [program, ...words], { onStart: (child) => children.push(child) }),
      );
      const results = path.join(out, "results");
      while (!existsSync(results) || readdirSync(results).filter((name) => name.endsWith(".json")).length < RUNS) {
        await sleep(10);
      }
      const seconds = (performance.now() - startMs) / 1000;
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(ends);
      const losses = readdirSync(results).map(
        (name) => JSON.parse(readFileSync(path.join(results, name), "utf8")).hard,
      );
      expected ??= losses;
      if (JSON.stringify(losses) !== JSON.stringify(expected)) throw new Error(`${kind} ${count}: other results`);
      if (count === 1) alone.set(kind, seconds);
      rows.push({
        what: `${RUNS} runs, ${count} of ${kind}`,
        seconds: seconds.toFixed(1),
        "a run or job": `${(seconds / RUNS).toFixed(2)} s; ${(alone.get(kind)! / seconds).toFixed(2)} times as fast as 1`,
      });
    }
  }
  return rows;
}

/** What two processes that share nothing gain on this machine now. Workers cannot gain more. */
async function machineRow(): Promise<BenchReport["rows"][number]> {
  const loop = `let sum = 0; for (let i = 0; i < ${LOOPS}; i++) sum += Math.sqrt(i);`;
  const secondsOf = async (count: number): Promise<number> => {
    const startMs = performance.now();
    await Promise.all(Array.from({ length: count }, () => start(process.execPath, ["-e", loop])));
    return (performance.now() - startMs) / 1000;
  };
  const [one, two] = [await secondsOf(1), await secondsOf(2)];
  return {
    what: "2 loops that share nothing, 2 processes",
    seconds: two.toFixed(1),
    "a run or job": `${((2 * one) / two).toFixed(2)} times as fast as 1`,
  };
}

/** Jobs as large as those of runs are put on the queue. One worker takes them and does nothing. */
async function queueRows(folder: string, redis: RedisServer): Promise<BenchReport["rows"]> {
  const connection = connectRedis(redis.address, () => undefined);
  const queue = new Queue("bench", { connection, prefix: PREFIX });
  const run = expandPlanFile(path.join(folder, "plan.json")).runs[0]!;
  const data = runJobData({ version: 1, store: "s", place: "p", dataHash: "d", run });
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await connection.info("memory"))?.[1]);
  // Processor time says the same on a machine with other work.
  const cpuMs = async (): Promise<{ readonly own: number; readonly redis: number }> => {
    const { user, system } = process.cpuUsage();
    const info = await connection.info("cpu");
    const seconds = (name: string): number => Number(new RegExp(`${name}:([0-9.]+)`).exec(info)?.[1]);
    return { own: (user + system) / 1000, redis: 1000 * (seconds("used_cpu_user") + seconds("used_cpu_sys")) };
  };
  try {
    const before = await used();
    const putCpu = await cpuMs();
    const putMs = performance.now();
    for (let first = 0; first < JOBS; first += 100) {
      await queue.addBulk(
        Array.from({ length: 100 }, (_, k) => ({
          name: run.name,
          data,
          opts: { jobId: `j-${first + k}`, priority: first + k + 1 },
        })),
      );
    }
    const put = performance.now() - putMs;
    const workCpu = await cpuMs();
    const bytes = ((await used()) - before) / JOBS;
    let done = 0;
    const workMs = performance.now();
    const worker = new Worker("bench", async () => ++done, { connection, prefix: PREFIX });
    while (done < JOBS) await sleep(5);
    const work = performance.now() - workMs;
    await worker.close();
    const endCpu = await cpuMs();
    const cpu = (from: typeof putCpu, to: typeof putCpu): string =>
      `processor ${((to.own - from.own) / JOBS).toFixed(2)} ms here, ${((to.redis - from.redis) / JOBS).toFixed(2)} ms in Redis`;
    return [
      {
        what: `${JOBS} jobs put on the queue`,
        seconds: (put / 1000).toFixed(2),
        "a run or job": `${(put / JOBS).toFixed(2)} ms; ${cpu(putCpu, workCpu)}; ${Math.round(bytes)} bytes`,
      },
      {
        what: `${JOBS} jobs taken and finished by one worker`,
        seconds: (work / 1000).toFixed(2),
        "a run or job": `${(work / JOBS).toFixed(2)} ms; ${cpu(workCpu, endCpu)}`,
      },
    ];
  } finally {
    await queue.close();
    connection.disconnect();
  }
}
