/**
 * Sweeps by a queue on a real Redis, with the real command in processes of its own: workers killed, Redis restarted, signals, wrong addresses.
 * Skipped where there is no redis-server.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { serveBoard } from "../src/cluster/queue/board.ts";
import { PREFIX, RUNS_QUEUE } from "../src/cluster/queue/queue-names.ts";
import { checkRedis, connectRedis } from "../src/cluster/queue/redis.ts";
import { packFolder } from "../src/train/data/pack-folder.ts";
import type { RunResult } from "../src/train/sweep/run-result.ts";
import { type Ending, halfstep } from "./support/child-program.ts";
import { freePort, NO_REDIS, RedisServer } from "./support/redis-server.ts";
import { runWords } from "./support/run-words.ts";
import { startS3 } from "./support/s3-server.ts";
import { TINY_PLAN, writePlan } from "./support/sweep-plans.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

/** Three trunks with three forks each: twelve runs. */
const TWELVE = {
  ...TINY_PLAN,
  name: "twelve",
  stages: [{ ...TINY_PLAN.stages[0], seeds: [1, 2, 3] }, TINY_PLAN.stages[1]],
};

const shared = mkdtempSync(path.join(tmpdir(), "halfstep-queue-"));
const data = path.join(shared, "data");
/** Results of the twelve runs by the embedded queue. */
let embedded: ReadonlyMap<string, unknown>;
let redis: RedisServer;
/** Workers of all tests; none outlives them. */
const started: ChildProcess[] = [];

/** Results in a folder by file, without what depends on the clock and the machine. */
function resultsIn(folder: string): ReadonlyMap<string, unknown> {
  // Not those that are being written.
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort()
    : [];
  return new Map(
    names.map((name) => {
      const { time: _, meta: __, ...rest } = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as RunResult;
      return [name, rest];
    }),
  );
}

/** Waits until something holds; on a machine with other work that may take minutes. */
async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let k = 0; k < 6000; k++) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(`waited for five minutes until ${what}`);
}

interface RunningWorker {
  readonly child: ChildProcess;
  readonly ending: Promise<Ending>;
  /** What it wrote on standard error. */
  said(): string;
}

function startWorker(store: string, ...words: string[]): Promise<RunningWorker> {
  return new Promise((resolve) => {
    let text = "";
    const ending: Promise<Ending> = halfstep(
      ["worker", "--queue", "--store", store, "--stall-seconds", "10", ...words],
      {
        env: { HALFSTEP_QUEUE: redis.address },
        onStart: (child) => started.push(child) && queueMicrotask(() => resolve({ child, ending, said: () => text })),
        onStderr: (_, soFar) => {
          text = soFar;
        },
      },
    );
  });
}

describe.skipIf(NO_REDIS !== undefined)(`a queue on Redis${NO_REDIS === undefined ? "" : `: ${NO_REDIS}`}`, () => {
  beforeAll(async () => {
    for (const tag of [1, 2, 3]) await writePng(path.join(shared, `images/${tag}.png`), coordinateImage(160, 140, tag));
    await packFolder(path.join(shared, "images"), data);
    const out = path.join(shared, "embedded");
    const ending = await runWords("sweep", writePlan(shared, TWELVE), "--data", data, "--out", out);
    expect(ending, ending.stderr).toMatchObject({ exitCode: 0 });
    embedded = resultsIn(path.join(out, "results"));
    expect(embedded.size).toBe(12);
    mkdirSync(path.join(shared, "redis"));
    redis = await RedisServer.start(path.join(shared, "redis"));
  }, 240_000);

  afterAll(async () => {
    for (const child of started) child.kill("SIGKILL");
    await redis?.stop();
    rmSync(shared, { recursive: true });
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    const connection = connectRedis(redis.address, () => undefined);
    await connection.flushall();
    connection.disconnect();
  });

  const submit = (plan: string, store: string, ...words: string[]): Promise<Ending> =>
    runWords("sweep", plan, "--queue", redis.address, "--store", store, "--data", data, ...words);

  it("twelve runs with forks on three workers, one killed, Redis restarted: each result once, equal to the embedded queue's", async () => {
    await withTemporaryFolder(async (store) => {
      const plan = path.join(shared, "plan.json");
      const put = await submit(plan, store, "--json");
      expect(put, put.stderr).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(put.stdout)).toMatchObject({ put: 12, there: 0, over: 0 });
      const again = await submit(plan, store, "--json");
      expect(JSON.parse(again.stdout)).toMatchObject({ put: 0, there: 12, over: 0 });
      const waiting = await runWords("sweep", "status", plan, "--queue", redis.address, "--store", store);
      expect(waiting.stdout).toMatch(/^trunk +3 +0 +0 +0 +3 +0 +0 /m);
      expect(waiting.stdout).toMatch(/^fork +9 +0 +0 +0 +0 +9 +0 /m);

      const results = path.join(store, "runs/twelve/results");
      const workers = await Promise.all([1, 2, 3].map(() => startWorker(store)));
      const victim = workers[0] as RunningWorker;
      // In the middle of a run: it has said that it begins, and not that it is over.
      await until(() => /begun\n(?!.*finished)/.test(victim.said()), "a worker begins");
      victim.child.kill("SIGKILL");
      await until(() => resultsIn(results).size >= 4, "some runs are over");
      await redis.stop("SIGKILL");
      await sleep(1000);
      await redis.start();
      await until(() => resultsIn(results).size === 12, "all runs are over");
      const last = await submit(plan, store, "--wait", "--json");
      expect(JSON.parse(last.stdout)).toMatchObject({ put: 0, over: 12, threadHoursLeft: 0 });
      const alive = workers.slice(1);
      for (const { child } of alive) child.kill("SIGTERM");
      const endings = await Promise.all(alive.map(({ ending }) => ending));
      expect(endings.map(({ exitCode }) => exitCode)).toEqual([143, 143]);
      // Told once, and not as an error.
      expect(endings[0]?.stderr).toContain("the connection is lost; trying again");
      for (const { stderr } of endings) expect(stderr).not.toContain(redis.password);
      expect(resultsIn(results)).toEqual(embedded);
      expect(readdirSync(path.join(store, "runs/twelve/begun"))).toEqual([]);

      // The store is a folder of a sweep like another.
      const [one, two] = ["embedded", "queue"].map((name) => path.join(store, `${name}.json`)) as [string, string];
      expect(await runWords("sweep", "collect", plan, one, "--out", path.join(shared, "embedded"))).toMatchObject({
        exitCode: 0,
      });
      expect(await runWords("sweep", "collect", plan, two, "--store", store)).toMatchObject({ exitCode: 0 });
      const timeless = (file: string): string =>
        JSON.stringify(JSON.parse(readFileSync(file, "utf8")), (name, value: unknown) =>
          ["time", "threadHours", "meta"].includes(name) ? undefined : value,
        );
      expect(timeless(two)).toBe(timeless(one));
    });
  }, 600_000);

  it("a worker that is told to stop gives its run back with a checkpoint; the next one goes on from there", async () => {
    await withTemporaryFolder(async (store) => {
      const [trunk] = TINY_PLAN.stages;
      const stages = [{ ...trunk, seeds: [1], set: { steps: 200, checkpointEvery: 200, validateEvery: 200 } }];
      const plan = writePlan(path.join(store, "plans"), { ...TINY_PLAN, name: "drained", stages });
      expect(await submit(plan, store)).toMatchObject({ exitCode: 0 });
      const worker = await startWorker(store);
      await until(() => /trunk\/s1 {2}step/.test(worker.said()), "the run has taken a step");
      worker.child.kill("SIGTERM");
      const ending = await worker.ending;
      expect(ending, ending.stderr).toMatchObject({ exitCode: 143 });
      const step = Number(/trunk\/s1: stopped at step (\d+) of 200/.exec(ending.stderr)?.[1]);
      expect(step).toBeGreaterThan(0);
      expect(readdirSync(path.join(store, "runs/drained/begun"))).toHaveLength(1);

      vi.stubEnv("HALFSTEP_QUEUE", redis.address);
      vi.stubEnv("HALFSTEP_STORE", store);
      const status = await runWords("sweep", "status", plan, "--queue", "--runs");
      expect(status.stdout).toMatch(/trunk\/s1 +[0-9a-f]{16} +(ready|begun) /);
      const next = await runWords("worker", "--queue", "--idle-seconds", "1");
      expect(next, next.stderr).toMatchObject({ exitCode: 0, stdout: "1 run over, 0 failed\n" });
      const [id] = readdirSync(path.join(store, "runs/drained/runs"));
      const rows = readFileSync(path.join(store, `runs/drained/runs/${id}/metrics.jsonl`), "utf8")
        .trim()
        .split("\n");
      const steps = rows
        .map((row) => JSON.parse(row) as { type: string; step: number })
        .filter(({ type }) => type === "train");
      expect(steps.map((row) => row.step)).toEqual(Array.from({ length: 200 }, (_, k) => k + 1));
      expect(readdirSync(path.join(store, "runs/drained/begun"))).toEqual([]);
    });
  }, 600_000);

  it("works in an S3-compatible store as in a folder, to the same results", async () => {
    await withTemporaryFolder(async (folder) => {
      const s3 = await startS3(path.join(folder, "s3"));
      try {
        for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
        vi.stubEnv("HALFSTEP_QUEUE", redis.address);
        vi.stubEnv("HALFSTEP_STORE", "s3://bucket/some/where");
        const stages = [
          { ...TINY_PLAN.stages[0], seeds: [1] },
          { ...TINY_PLAN.stages[1], axes: { arm: ["aun", "mixed"] } },
        ];
        const plan = writePlan(folder, { ...TINY_PLAN, stages });
        const put = await runWords("sweep", plan, "--queue", "--data", data);
        expect(put, put.stderr).toMatchObject({ exitCode: 0 });
        const worker = await runWords("worker", "--queue", "--idle-seconds", "3", "--concurrency", "2");
        expect(worker, worker.stderr).toMatchObject({ exitCode: 0, stdout: "3 runs over, 0 failed\n" });
        const collected = path.join(folder, "result.json");
        expect(await runWords("sweep", "collect", plan, collected, "--store", "s3://bucket/some/where")).toMatchObject({
          exitCode: 0,
        });
        const { runs } = JSON.parse(readFileSync(collected, "utf8")) as { runs: { result: RunResult }[] };
        for (const { result } of runs) {
          const { time: _, meta: __, ...rest } = result;
          expect(rest).toEqual(embedded.get(`${result.id}.json`));
        }
        expect(runs).toHaveLength(3);
        const status = await runWords("sweep", "status", plan, "--queue", "--json");
        expect(JSON.parse(status.stdout)).toMatchObject({ threadHoursLeft: 0, running: 0 });
      } finally {
        await s3.close();
      }
    });
  }, 600_000);

  it("a run that cannot be trained fails with its reason, the others go on; its worker writes nowhere else", async () => {
    await withTemporaryFolder(async (store) => {
      writePlan(store, "these are no weights", "weights.safetensors");
      const stages = [
        { name: "broken", from: { weights: "weights.safetensors" }, seeds: [1] },
        { ...TINY_PLAN.stages[0], seeds: [1] },
      ];
      const plan = writePlan(store, { ...TINY_PLAN, name: "broken", stages });
      expect(await submit(plan, store)).toMatchObject({ exitCode: 0 });
      const work = path.join(store, "work");
      const worker = await runWords(
        "worker",
        "--queue",
        redis.address,
        "--store",
        store,
        "--work",
        work,
        "--idle-seconds",
        "1",
      );
      expect(worker, worker.stderr).toMatchObject({ exitCode: 0, stdout: "1 run over, 1 failed\n" });
      expect(readdirSync(work)).toEqual([]);
      const status = await runWords("sweep", "status", plan, "--queue", redis.address, "--store", store);
      expect(status.stdout).toMatch(/broken +1 +0 +0 +0 +0 +0 +0 +1/);
      expect(status.stdout).toMatch(
        /failed \(put the plan on the queue again to try them again\):.*\n {2}broken\/s1: .*expected safetensors/,
      );
      const waited = await submit(plan, store, "--json");
      expect(JSON.parse(waited.stdout)).toMatchObject({ put: 1, over: 1 });
    });
  }, 600_000);

  it("says what is wrong with an address, a store and options, and never the password", async () => {
    const dumb = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    await once(dumb, "listening");
    const { port } = dumb.address() as { port: number };
    const closed = await freePort();
    const plan = path.join(shared, "plan.json");
    const cases: [readonly string[], number, RegExp][] = [
      [
        ["--queue", `redis://:wrong-secret@127.0.0.1:${redis.port}`],
        1,
        /user or password are wrong, or missing; write them into the address/,
      ],
      [["--queue", `redis://127.0.0.1:${redis.port}`], 1, /user or password are wrong, or missing/],
      [
        ["--queue", `redis://:wrong-secret@127.0.0.1:${closed}`],
        1,
        /redis:\/\/:\*\*\*@127.0.0.1:\d+: nothing listens there; start Redis/,
      ],
      [
        ["--queue", "redis://:wrong-secret@nowhere.invalid:6379"],
        1,
        /there is no host with that name; check the address/,
      ],
      [["--queue", `redis://127.0.0.1:${port}`], 1, /no Redis answers there/],
      [
        ["--queue", `rediss://:wrong-secret@127.0.0.1:${redis.port}`],
        1,
        /queue rediss:.*(no TLS connection was made|no Redis answers there)/,
      ],
      [
        ["--queue", "http://:wrong-secret@127.0.0.1"],
        2,
        /--queue: got no address of Redis, expected redis:\/\/host:6379/,
      ],
      [["--queue", "localhost"], 2, /--queue: got no address of Redis/],
      [["--queue"], 2, /--queue: got no address, .*set HALFSTEP_QUEUE/],
      [
        ["--queue", redis.address, "--store", path.join(shared, "nowhere")],
        2,
        /got no folder with that name, .*mount it, or make it/,
      ],
    ];
    for (const [words, exitCode, message] of cases) {
      const store = words.includes("--store") ? [] : ["--store", shared];
      for (const command of [["worker"], ["sweep", plan, "--data", data]]) {
        const ending = await runWords(...command, ...words, ...store);
        expect(ending, words.join(" ")).toMatchObject({ exitCode, stderr: expect.stringMatching(message) });
        expect(ending.stderr).not.toMatch(/wrong-secret|a-secret-word/);
      }
    }
    const outside = await submit(plan, shared, "--out", "../elsewhere");
    expect(outside).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/--out: .*expected a place below the store/),
    });
    dumb.close();
  }, 300_000);

  it("warns of a Redis that forgets", async () => {
    await withTemporaryFolder(async (folder) => {
      const forgetful = await RedisServer.start(folder, ["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
      try {
        const { warnings } = await checkRedis(forgetful.address);
        expect(warnings).toEqual([
          expect.stringMatching(/keeps nothing when it is restarted; set "appendonly yes"/),
          expect.stringMatching(/may throw work away .*\(allkeys-lru\); set "maxmemory-policy noeviction"/),
        ]);
        expect(await checkRedis(redis.address)).toEqual({ warnings: [] });
      } finally {
        await forgetful.stop();
      }
    });
  });

  it("a job of a stranger fails and harms nobody", async () => {
    await withTemporaryFolder(async (store) => {
      const connection = connectRedis(redis.address, () => undefined);
      const queue = new Queue(RUNS_QUEUE, { connection, prefix: PREFIX });
      const job = await queue.add(
        "x",
        { version: 1, place: "../../etc", run: { config: { data: "/etc" } } },
        { priority: 1 },
      );
      const worker = await runWords("worker", "--queue", redis.address, "--store", store, "--idle-seconds", "1");
      expect(worker).toMatchObject({ exitCode: 0, stdout: "0 runs over, 0 failed\n" });
      expect(worker.stderr).toMatch(/run x: job: .*expected a job of halfstep sweep --queue/);
      expect(await job.getState()).toBe("failed");
      expect(readdirSync(store)).toEqual(["halfstep-store.json"]);
      await job.remove();
      await queue.close();
      connection.disconnect();
    });
  }, 300_000);

  it("shows the queue in a page", async () => {
    expect(await submit(path.join(shared, "plan.json"), shared)).toMatchObject({ exitCode: 0 });
    const connection = connectRedis(redis.address, () => undefined);
    const board = await serveBoard(connection, "127.0.0.1", 0);
    try {
      const page = await fetch(board.address);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain("Halfstep");
      const answer = await fetch(
        `${board.address}api/queues?activeQueue=runs&status=waiting-children&page=1&jobsPerPage=10`,
      );
      const { queues } = (await answer.json()) as {
        queues: { name: string; readOnlyMode: boolean; counts: Record<string, number> }[];
      };
      expect(queues.map(({ name }) => name)).toEqual(["runs", "trunks", "pictures"]);
      expect(queues.map(({ readOnlyMode }) => readOnlyMode)).toEqual([true, true, true]);
      expect(queues[0]?.counts).toMatchObject({ prioritized: 3, "waiting-children": 9 });
      const { port } = new URL(board.address);
      await expect(serveBoard(connection, "127.0.0.1", Number(port))).rejects.toMatchObject({ code: "cannot-listen" });
    } finally {
      await board.close();
      connection.disconnect();
    }
  }, 120_000);
});
