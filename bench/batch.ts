/**
 * A folder of photographs in one command: how many a second, with one process and with two, beside one process that writes them with sharp. The most memory
 * that all processes of a command have at a time is looked at ten times a second, on Linux alone.
 * Run: `npm run build && npm run bench -- batch`. `HALFSTEP_BENCH_PICTURES` names another number of pictures than 40.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import sharp from "sharp";
import { packagePath } from "../src/package-folder.ts";
import { type BenchReport, median } from "./report.ts";
import { readTestImage, testImages } from "./test-images.ts";

const ROUNDS = 3;
const SIZE = { width: 768, height: 512 };
const PROGRAM = packagePath("dist", "cli", "main.js");
const LOOK_EVERY_MS = 100;

interface Contender {
  readonly name: string;
  readonly words: readonly string[];
  /** Where the results go. Emptied before each round. */
  readonly out: string;
}

/** What one run took. */
interface Run {
  readonly seconds: number;
  /** 0 where it cannot be looked at. */
  readonly peakMegabytes: number;
}

/** A program that writes all PNG files of a folder with sharp, as many at a time as there are threads. */
function bySharp(from: string, out: string, format: string, options: string): Contender {
  const script = `
    const [sharp, fs, path] = [require("sharp"), require("fs"), require("path")];
    const write = (name) => sharp(path.join(${JSON.stringify(from)}, name)).${format}(${options}).toFile(path.join(${JSON.stringify(out)}, name + ".${format}"));
    Promise.all(fs.readdirSync(${JSON.stringify(from)}).map(write));`;
  return { name: `sharp, ${format}`, words: ["-e", script], out };
}

/** Resident memory of a process and of all that it started, in megabytes. */
function megabytesOf(pid: number): number {
  try {
    const [, resident] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ").map(Number) as [number, number];
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.reduce((sum, child) => sum + megabytesOf(Number(child)), (resident * 4096) / 2 ** 20);
  } catch {
    // It has ended, or this is not Linux.
    return 0;
  }
}

/** Runs a contender on all pictures. @throws {Error} if it fails, or leaves out a picture */
async function run({ name, words, out }: Contender, count: number): Promise<Run> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  let peakMegabytes = 0;
  const start = performance.now();
  const child = spawn(process.execPath, words, { cwd: packagePath(), stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (data) => {
    told += data;
  });
  const look = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, megabytesOf(child.pid as number));
  }, LOOK_EVERY_MS);
  const code = await new Promise((resolve) => child.once("close", resolve));
  const seconds = (performance.now() - start) / 1000;
  clearInterval(look);
  const written = readdirSync(out).length;
  if (code !== 0 || written !== count) throw new Error(`${name}: exit code ${code}, ${written} results: ${told}`);
  return { seconds, peakMegabytes };
}

/** Measures all contenders. */
export async function benchBatch(): Promise<BenchReport> {
  if (!existsSync(PROGRAM)) throw new Error("bench batch: there is no dist/cli/main.js; run `npm run build` first");
  const count = Number(process.env.HALFSTEP_BENCH_PICTURES ?? 40);
  const { files, what } = await testImages();
  const folder = mkdtempSync(path.join(tmpdir(), "halfstep-batch-"));
  try {
    const at = (name: string): string => path.join(folder, name);
    mkdirSync(at("png"));
    for (let i = 0; i < count; i++) {
      const { data, width, height } = await readTestImage(files[i % files.length]!, SIZE);
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(at(`png/${String(i).padStart(5, "0")}.png`));
    }
    const halfstep = (command: string, from: string, out: string, jobs: number): Contender => ({
      name: `halfstep ${command}, ${jobs} ${jobs === 1 ? "process" : "processes"}`,
      words: [PROGRAM, "--quiet", command, at(from), "--out", at(out), "--jobs", String(jobs)],
      out: at(out),
    });
    const contenders: readonly Contender[] = [
      bySharp(at("png"), at("webp"), "webp", ""),
      bySharp(at("png"), at("jpeg"), "jpeg", "{ mozjpeg: true }"),
      halfstep("compress", "png", "hst", 1),
      halfstep("compress", "png", "hst", 2),
      halfstep("decompress", "hst", "back", 1),
      halfstep("decompress", "hst", "back", 2),
    ];
    const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of contenders) runs.get(contender.name)!.push(await run(contender, count));
    }
    const speed = (name: string): number => count / median(runs.get(name)!.map(({ seconds }) => seconds));
    const baseline = speed(contenders[0]!.name);
    return {
      name: "A folder of photographs in one command",
      rows: contenders.map(({ name }) => ({
        command: name,
        "pictures / s": Number(speed(name).toFixed(2)),
        "of sharp, webp": Number((speed(name) / baseline).toFixed(2)),
        "peak MB": Math.round(Math.max(...runs.get(name)!.map(({ peakMegabytes }) => peakMegabytes))),
      })),
      notes: [
        `${count} pictures of at most ${SIZE.width} x ${SIZE.height} from ${what}; PNG to file and back to PNG; starting the processes is counted.`,
        `Medians of ${ROUNDS} rounds, in turn. Memory is that of all processes of a command together, by Linux's count of resident pages.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
