/**
 * How long one command takes as a whole process, files included: `compress` and `decompress` of the built program, beside other programs that start, read the
 * same picture and write it. Each round runs all of them in turn; figures are medians of rounds.
 * Run: `npm run build && npm run bench -- cold`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import sharp from "sharp";
import { packagePath } from "../src/package-folder.ts";
import { type BenchReport, median } from "./report.ts";
import { testImages } from "./test-images.ts";

const ROUNDS = 7;
const PROGRAM = packagePath("dist", "cli", "main.js");

interface Contender {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
}

/** A program of Node that writes a picture with sharp. */
const bySharp = (from: string, to: string, format: string): Contender => ({
  name: `sharp, ${format}`,
  command: process.execPath,
  words: ["-e", `require("sharp")(${JSON.stringify(from)}).${format}().toFile(${JSON.stringify(to)})`],
});

/** Programs of Debian's packages webp and libavif-bin, where they are installed. */
function installed(contenders: readonly Contender[]): readonly Contender[] {
  return contenders.filter(({ command }) => spawnSync("which", [command]).status === 0);
}

/** Seconds of one process by the clock. */
function secondsOf({ command, words, name }: Contender): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, words, { cwd: packagePath(), encoding: "utf8" });
  if (status !== 0) throw new Error(`${name}: exit code ${status}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

/** Measures all programs. */
export async function benchCold(): Promise<BenchReport> {
  if (!existsSync(PROGRAM)) throw new Error("bench cold: there is no dist/cli/main.js; run `npm run build` first");
  const photograph = (await testImages()).files[0]!;
  const folder = mkdtempSync(path.join(tmpdir(), "halfstep-cold-"));
  try {
    const at = (name: string): string => path.join(folder, name);
    const source = at("photograph.png");
    await sharp(photograph).png().toFile(source);
    const contenders: readonly Contender[] = [
      { name: "node, nothing", command: process.execPath, words: ["-e", "0"] },
      bySharp(source, at("a.webp"), "webp"),
      bySharp(source, at("a.avif"), "avif"),
      ...installed([
        { name: "cwebp", command: "cwebp", words: ["-quiet", source, "-o", at("b.webp")] },
        { name: "avifenc", command: "avifenc", words: ["-j", "2", source, at("b.avif")] },
      ]),
      { name: "halfstep --version", command: process.execPath, words: [PROGRAM, "--version"] },
      {
        name: "halfstep compress",
        command: process.execPath,
        words: [PROGRAM, "--quiet", "compress", source, at("c.hst"), "--force"],
      },
      {
        name: "halfstep decompress",
        command: process.execPath,
        words: [PROGRAM, "--quiet", "decompress", at("c.hst"), at("c.png"), "--force"],
      },
    ];
    const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of contenders) seconds.get(contender.name)!.push(secondsOf(contender));
    }
    const baseline = median(seconds.get("sharp, webp")!);
    const rows = contenders.map(({ name }) => {
      const middle = median(seconds.get(name)!);
      return {
        process: name,
        "ms (median)": Math.round(middle * 1000),
        "x sharp, webp": Number((middle / baseline).toFixed(2)),
      };
    });
    return {
      name: "One picture, one process",
      rows,
      notes: [
        `${path.basename(photograph)} as PNG; ${ROUNDS} rounds in turn, the first included; default model and quality, no --threads.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
