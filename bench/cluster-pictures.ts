/**
 * Small pictures go through a queue on Redis, with a folder as the store. First, two workers code 2,000 pictures, and one worker is killed. Each stream is
 * compared with the one that a single process writes. Then the time that the queue adds to a picture is measured, with a coder that returns its input:
 * submitter, queue, worker and store against reading and writing the same files. The two take turns; the figure is a median of rounds. Needs redis-server.
 * Run: `npm run bench -- cluster-pictures`.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { makeFolder, writeFileAtomic } from "../src/atomic-file.ts";
import { openStore, storeIdentity } from "../src/cluster/index.ts";
import { submitPictures } from "../src/cluster/pictures/submit-pictures.ts";
import { workOnPictures } from "../src/cluster/pictures/work-on-pictures.ts";
import { connectRedis } from "../src/cluster/queue/redis.ts";
import { compileProgram } from "../test/setup/compile-program.ts";
import { type Ending, start } from "../test/support/child-program.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import { coordinateImage, writePng } from "../test/support/training-images.ts";
import type { BenchReport } from "./report.ts";

const PICTURES = 2_000;
const SIDE = 32;
/** Streams that are there when a worker is killed. */
const KILL_AT = 700;
/** Rounds of the measurement of what the queue adds. */
const ROUNDS = 5;
/** If a worker is silent for this long, its job is given to another, milliseconds. */
const STALL_MS = 30_000;

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

interface Bench {
  readonly folder: string;
  readonly redis: RedisServer;
  readonly connection: Redis;
  /** Starts `halfstep`. */
  run(words: readonly string[], onStart?: (child: ChildProcess) => void): Promise<Ending>;
}

/** Measures. @throws {Error} if a stream is missing, or differs from the one that a single process writes */
export async function benchClusterPictures(): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "halfstep-bench-"));
  const compiled = await compileProgram();
  const redis = await RedisServer.start(folder);
  const connection = connectRedis(redis.address, () => undefined);
  try {
    for (let k = 0; k < PICTURES; k++) {
      const file = path.join(folder, "all", `${Math.floor(k / 100)}`, `${k}.png`);
      await writePng(file, coordinateImage(SIDE, SIDE, k));
    }
    const program = path.join(compiled.folder, "src/cli/main.js");
    const bench: Bench = {
      folder,
      redis,
      connection,
      run: (words, onStart) =>
        start(process.execPath, [program, ...words], onStart === undefined ? {} : { onStart }).then(checked),
    };
    const startMs = performance.now();
    await bench.run(["compress", path.join(folder, "all"), "--out", path.join(folder, "alone"), "--jobs", "1"]);
    const aloneSeconds = (performance.now() - startMs) / 1000;
    const killedSeconds = await withOneKilled(bench);
    const [files, queued] = await withoutCoding(bench);
    const row = (what: string, { cpuMs, wallMs }: Cost): Record<string, string> => ({
      what,
      "processor, ms a picture": cpuMs.toFixed(2),
      "clock, ms a picture": wallMs.toFixed(2),
    });
    return {
      name: "pictures through a queue",
      rows: [
        row("the files read and written, nothing coded", files),
        row("the same through the queue", queued),
        row("the queue's part", { cpuMs: queued.cpuMs - files.cpuMs, wallMs: queued.wallMs - files.wallMs }),
      ],
      notes: [
        `${PICTURES} pictures of ${SIDE} x ${SIDE} through two workers, one killed at ${KILL_AT} streams: ${PICTURES} streams, each equal to one process's`,
        `in ${killedSeconds.toFixed(1)} s, and in ${aloneSeconds.toFixed(1)} s by one process without a queue; starting them is in both`,
        `processor time of submitter, worker and Redis together; medians of ${ROUNDS} rounds`,
      ],
    };
  } finally {
    connection.disconnect();
    await redis.stop();
    await compiled.remove();
    rmSync(folder, { recursive: true });
  }
}

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Without a queue, and with. */
async function withoutCoding({ folder, connection }: Bench): Promise<readonly [Cost, Cost]> {
  const store = await openStore(folder);
  const storeId = await storeIdentity(store);
  const nothing = new AbortController().signal;
  const worker = workOnPictures({
    connection,
    store,
    storeId,
    concurrency: 1,
    stallMs: STALL_MS,
    codecFor: async () => async (picture) => ({ stream: picture, notes: [] }),
    onBatch: () => undefined,
  });
  const ways = [
    async (to: string): Promise<void> => {
      for await (const { key } of store.list("all")) {
        const target = path.join(folder, `${to}${key.slice("all".length)}`);
        makeFolder(path.dirname(target));
        await writeFileAtomic(target, await readFile(path.join(folder, key)), { force: true });
      }
    },
    async (to: string): Promise<void> => {
      const { coded } = await submitPictures(connection, {
        store,
        storeId,
        model: "none",
        settings: {},
        from: "all",
        to,
        force: false,
        signal: nothing,
        onProgress: () => undefined,
      });
      if (coded !== PICTURES) throw new Error(`got ${coded} pictures through the queue`);
    },
  ];
  const costs: Cost[][] = [[], []];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, way] of ways.entries()) {
        const [startCpu, startMs] = [await cpuMs(connection), performance.now()];
        await way(`round-${round}-${i}`);
        const wallMs = (performance.now() - startMs) / PICTURES;
        costs[i]!.push({ wallMs, cpuMs: ((await cpuMs(connection)) - startCpu) / PICTURES });
      }
    }
  } finally {
    await worker.close();
    store.close();
  }
  const median = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  return costs.map((all) => ({
    cpuMs: median(all.map((cost) => cost.cpuMs)),
    wallMs: median(all.map((cost) => cost.wallMs)),
  })) as [Cost, Cost];
}

/** Processor time of Redis and of this process. */
async function cpuMs(connection: Redis): Promise<number> {
  const { user, system } = process.cpuUsage();
  const info = await connection.info("cpu");
  const seconds = (name: string): number => Number(new RegExp(`${name}:([0-9.]+)`).exec(info)?.[1]);
  return (user + system) / 1000 + 1000 * (seconds("used_cpu_user") + seconds("used_cpu_sys"));
}

/** @returns the seconds that it took */
async function withOneKilled({ folder, redis, run }: Bench): Promise<number> {
  const [to, alone] = [path.join(folder, "killed"), path.join(folder, "alone")];
  const shared = ["--queue", redis.address, "--store", folder];
  const children: ChildProcess[] = [];
  const startMs = performance.now();
  const words = ["worker", ...shared, "--for", "pictures", "--stall-seconds", "5"];
  const ends = [1, 2].map(() => run(words, (child) => children.push(child)));
  const compressing = run(["compress", path.join(folder, "all"), "--out", to, ...shared]);
  while (streamsIn(to).length < KILL_AT) await sleep(20);
  children[0]!.kill("SIGKILL");
  await compressing;
  const seconds = (performance.now() - startMs) / 1000;
  children[1]!.kill("SIGTERM");
  await Promise.all(ends);
  const expected = streamsIn(alone);
  if (expected.length !== PICTURES || streamsIn(to).join() !== expected.join()) {
    throw new Error(`got ${streamsIn(to).length} streams, and ${expected.length} of one process`);
  }
  for (const name of expected) {
    const [got, wanted] = [to, alone].map((place) => readFileSync(path.join(place, name)));
    if (!got!.equals(wanted!)) throw new Error(`${name}: another stream than one process's`);
  }
  return seconds;
}

/** Streams below a folder, by their path. */
function streamsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".hst") && !path.basename(name).startsWith(".")).sort();
}

/** Ending a worker on purpose is no failure. */
function checked(ending: Ending): Ending {
  const { exitCode, stderr } = ending;
  if (exitCode === 0 || exitCode === 143 || exitCode === null) return ending;
  throw new Error(stderr);
}
