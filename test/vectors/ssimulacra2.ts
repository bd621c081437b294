/**
 * Fills in ssimulacra2.json what the published program gives for its pairs of pictures, and what the same filter gives in numpy
 * (ssimulacra2.py). The program is `ssimulacra2` of libjxl, version 0.9 or later
 * (older ones have other weights), in Debian 13's package libjxl-devtools. To make the numbers anew:
 *
 *     npx tsx test/vectors/ssimulacra2.ts /usr/bin/ssimulacra2
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import type { Image } from "../../src/image/image.ts";
import { type Distortion, distorted, samplePart } from "../support/distorted-pictures.ts";

interface Vector {
  readonly sample: string;
  readonly distortion: Distortion;
  readonly width: number;
  readonly height: number;
  /** What the program printed. */
  published: number;
  /** By the program's recursion, in double and in single precision. */
  double: number;
  single: number;
}

const FILE = path.join(import.meta.dirname, "ssimulacra2.json");
const program = process.argv[2] ?? "ssimulacra2";
const folder = mkdtempSync(path.join(tmpdir(), "halfstep-ssimulacra2-"));

async function write(name: string, { data, width, height }: Image): Promise<string> {
  const file = path.join(folder, name);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return file;
}

async function main(): Promise<void> {
  const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vector[];
  for (const vector of vectors) {
    const original = await samplePart(vector.sample, vector.width, vector.height);
    const files = [await write("a.png", original), await write("b.png", distorted(original, vector.distortion))];
    vector.published = Number(execFileSync(program, files, { encoding: "utf8" }));
    const pair = path.join(folder, "pair.rgb");
    writeFileSync(pair, Buffer.concat([original.data, distorted(original, vector.distortion).data]));
    const numpy = [path.join(import.meta.dirname, "ssimulacra2.py"), pair, `${vector.width}`, `${vector.height}`];
    const scores = execFileSync("python3", numpy, { encoding: "utf8" }).trim().split(" ").map(Number);
    [vector.double, vector.single] = scores as [number, number];
  }
  writeFileSync(FILE, `[\n${vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(",\n")}\n]\n`);
  rmSync(folder, { recursive: true });
}

void main();
