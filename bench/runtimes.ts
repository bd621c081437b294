/**
 * Milliseconds to encode and decode a photograph of 768x512 in every runtime that this machine has, and the comparison of all pairs
 * of writer and reader on it. WebGPU is computed by SwiftShader, in software: its times say nothing about graphics cards.
 * Run: `npm run bench -- runtimes`, with a model file in the variable HALFSTEP_BENCH_MODEL, or without for drawn weights.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import sharp from "sharp";
import { randomModelBytes } from "../src/models/random-model.ts";
import { openRuntimes, runMatrix } from "../test/support/runtime-matrix.ts";
import { type BenchReport, median } from "./report.ts";

const PHOTOGRAPH = new URL("../samples/mountains.png", import.meta.url);
const SIZE = { width: 768, height: 512 };
const ROUNDS = 5;
/** In software, a graphics card needs seconds. */
const ROUNDS_IN_SOFTWARE = 1;

/** Measures all runtimes. */
export async function benchRuntimes(_options: { readonly json: boolean }): Promise<BenchReport> {
  const file = process.env.HALFSTEP_BENCH_MODEL;
  const model =
    file === undefined
      ? randomModelBytes({ type: "mean-scale-hyperprior", N: 64, M: 96 })
      : new Uint8Array(await readFile(file));
  const pixels = await sharp(await readFile(PHOTOGRAPH))
    .resize({ ...SIZE, fit: "cover" })
    .removeAlpha()
    .raw()
    .toBuffer();
  const image = { ...SIZE, data: new Uint8Array(pixels) };
  const runtimes = await openRuntimes();
  const rows: Record<string, string | number>[] = [];
  try {
    const selfTestMs = new Map<string, number>();
    for (const [runtime, codec] of runtimes.codecs) {
      selfTestMs.set(runtime, (await codec.use(model)).selfTestMs ?? Number.NaN);
    }
    // It is the warm-up, too.
    const matrix = await runMatrix(runtimes.codecs, image);
    for (const [runtime, codec] of runtimes.codecs) {
      const bytes = matrix.stream;
      const times = { encode: [] as number[], decode: [] as number[] };
      const rounds = runtime.includes("WebGPU") ? ROUNDS_IN_SOFTWARE : ROUNDS;
      for (let round = 0; round < rounds; round++) {
        times.encode.push((await codec.encode(image)).ms);
        times.decode.push((await codec.decode(bytes)).ms);
      }
      rows.push({
        runtime,
        "self-test ms": Number(selfTestMs.get(runtime)?.toFixed(1)),
        "encode ms": Math.round(median(times.encode)),
        "decode ms": Math.round(median(times.decode)),
      });
    }
    const { pairs, integers, differences, otherStreams, otherLevels, largestStep } = matrix;
    return {
      name: "runtimes",
      rows,
      notes: [
        `${SIZE.width}x${SIZE.height}, ${file === undefined ? "drawn weights" : "trained weights"}; medians of ${ROUNDS} rounds, of ${ROUNDS_IN_SOFTWARE} on WebGPU (SwiftShader, in software).`,
        `${pairs} pairs of writer and reader: ${differences.length} with differing latents, ${integers} integers compared;`,
        `${otherStreams} further streams beside the first runtime's; ${otherLevels} of ${pairs * image.data.length} levels differ, by at most ${largestStep}.`,
        ...runtimes.missing.map((what) => `Not measured: ${what}.`),
      ],
    };
  } finally {
    await runtimes.close();
  }
}
