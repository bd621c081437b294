/**
 * Small pictures through a queue on Redis with a folder as the store. First 2,000 by two workers, one of which is killed: each stream is compared
 * with the one that one process writes. Then what the queue costs: one worker beside one process without a queue, each with few and with many
 * pictures, so that starting them falls out. Processor time is of all processes together, with Redis. Needs redis-server.
 * Run: `npm run bench -- cluster-pictures`.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { connectRedis } from "../src/cluster/queue/redis.ts";
import { compileProgram } from "../test/setup/compile-program.ts";
import { type Ending, start } from "../test/support/child-program.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import { coordinateImage, writePng } from "../test/support/training-images.ts";
import type { BenchReport } from "./report.ts";

const PICTURES = 2_000;
const FEW = 500;
const SIDE = 32;
/** Streams that are there when a worker is killed. */
const KILL_AT = 700;
/** Linux counts processor time in these. */
const TICK_MS = 10;

interface Bench {
  readonly folder: string;
  readonly redis: RedisServer;
  readonly connection: Redis;
  /** Starts `halfstep`. */
  run(words: readonly string[], onStart?: (child: ChildProcess) => void): Promise<Ending>;
}

/** Measures. @throws {Error} if a stream is missing or is another than one process writes */
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
    for (let k = 0; k < FEW; k++) await writePng(path.join(folder, "few", `${k}.png`), coordinateImage(SIDE, SIDE, k));
    const program = path.join(compiled.folder, "src/cli/main.js");
    const bench: Bench = {
      folder,
      redis,
      connection,
      run: (words, onStart) =>
        start(process.execPath, [program, ...words], onStart === undefined ? {} : { onStart }).then(checked),
    };
    const alone = await perPicture(bench, (from) => withoutQueue(bench, from));
    const queued = await perPicture(bench, (from) => throughQueue(bench, from, `${from}-queued`, 1));
    const seconds = await withOneKilled(bench);
    const row = (what: string, { cpuMs, wallMs }: Cost): Record<string, string> => ({
      what,
      "processor, ms a picture": cpuMs.toFixed(2),
      "clock, ms a picture": wallMs.toFixed(2),
    });
    const difference = { cpuMs: queued.cpuMs - alone.cpuMs, wallMs: queued.wallMs - alone.wallMs };
    return {
      name: "pictures through a queue",
      rows: [
        row("one process without a queue", alone),
        row("one worker and the queue", queued),
        row("the queue's part", difference),
      ],
      notes: [
        `${PICTURES} pictures of ${SIDE} x ${SIDE} through two workers, one killed at ${KILL_AT} streams: ${PICTURES} streams, each equal to one process's, in ${seconds.toFixed(1)} s`,
        `costs: the difference of ${PICTURES} and ${FEW} pictures, by the default model, one thread`,
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

/** What a picture costs, without what starting costs. */
async function perPicture(bench: Bench, work: (from: string) => Promise<void>): Promise<Cost> {
  const costs: Cost[] = [];
  for (const from of ["few", "all"]) {
    const [startCpu, startMs] = [await cpuMs(bench), performance.now()];
    await work(from);
    costs.push({ wallMs: performance.now() - startMs, cpuMs: (await cpuMs(bench)) - startCpu });
  }
  const [few, all] = costs as [Cost, Cost];
  const pictures = PICTURES - FEW;
  return { cpuMs: (all.cpuMs - few.cpuMs) / pictures, wallMs: (all.wallMs - few.wallMs) / pictures };
}

/** Processor time of Redis and of all processes that have ended. */
async function cpuMs({ connection }: Bench): Promise<number> {
  const fields = readFileSync("/proc/self/stat", "latin1").split(") ")[1]!.split(" ");
  const children = TICK_MS * (Number(fields[13]) + Number(fields[14]));
  const info = await connection.info("cpu");
  const seconds = (name: string): number => Number(new RegExp(`${name}:([0-9.]+)`).exec(info)?.[1]);
  return children + 1000 * (seconds("used_cpu_user") + seconds("used_cpu_sys"));
}

async function withoutQueue({ folder, run }: Bench, from: string): Promise<void> {
  await run(["compress", path.join(folder, from), "--out", path.join(folder, `${from}-alone`), "--jobs", "1"]);
}

/** By so many workers. @param onWorkers may end one */
async function throughQueue(
  { folder, redis, run }: Bench,
  from: string,
  to: string,
  workers: number,
  onWorkers: (children: readonly ChildProcess[]) => Promise<void> = async () => undefined,
): Promise<void> {
  const shared = ["--queue", redis.address, "--store", folder];
  const children: ChildProcess[] = [];
  const words = ["worker", ...shared, "--for", "pictures", "--stall-seconds", "5"];
  const ends = Array.from({ length: workers }, () => run(words, (child) => children.push(child)));
  const compressing = run(["compress", path.join(folder, from), "--out", path.join(folder, to), ...shared]);
  await onWorkers(children);
  await compressing;
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(ends);
}

/** @returns the seconds that it took */
async function withOneKilled(bench: Bench): Promise<number> {
  const { folder } = bench;
  const to = path.join(folder, "all-killed");
  mkdirSync(to);
  const startMs = performance.now();
  await throughQueue(bench, "all", "all-killed", 2, async ([first]) => {
    while (streamsIn(to).length < KILL_AT) await sleep(20);
    first!.kill("SIGKILL");
  });
  const seconds = (performance.now() - startMs) / 1000;
  const expected = streamsIn(path.join(folder, "all-alone"));
  if (expected.length !== PICTURES || streamsIn(to).join() !== expected.join()) {
    throw new Error(`got ${streamsIn(to).length} streams, and ${expected.length} of one process`);
  }
  for (const name of expected) {
    const [got, wanted] = [to, path.join(folder, "all-alone")].map((place) => readFileSync(path.join(place, name)));
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

/** A worker that was ended is no failure. */
function checked(ending: Ending): Ending {
  const { exitCode, stderr } = ending;
  if (exitCode === 0 || exitCode === 143 || exitCode === null) return ending;
  throw new Error(stderr);
}
