/**
 * Milliseconds to encode and decode a photograph of 768x512 in every runtime that this machine has, and the comparison of all pairs
 * of writer and reader on it. WebGPU is computed by SwiftShader, in software: its times say nothing about graphics cards.
 * Run: `npm run bench -- runtimes`, with a model file in the variable HALFSTEP_BENCH_MODEL, or without for drawn weights.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import sharp from "sharp";
import { randomModelBytes } from "../src/models/random-model.ts";
import type { RecordedCodec } from "../test/support/recorded-codec.ts";
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
    // Processors first, while nothing else of this program runs; WebGPU in software without a warm-up.
    const isSoftware = (runtime: string): boolean => runtime.includes("WebGPU");
    const time = async (runtime: string, codec: RecordedCodec, rounds: number): Promise<void> => {
      const { selfTestMs } = await codec.use(model);
      const times = { encode: [] as number[], decode: [] as number[] };
      for (let round = rounds > 1 ? -1 : 0; round < rounds; round++) {
        const encoded = await codec.encode(image);
        const decoded = await codec.decode(encoded.bytes);
        if (round < 0) continue;
        times.encode.push(encoded.ms);
        times.decode.push(decoded.ms);
      }
      rows.push({
        runtime,
        "self-test ms": Number((selfTestMs ?? Number.NaN).toFixed(1)),
        "encode ms": Math.round(median(times.encode)),
        "decode ms": Math.round(median(times.decode)),
      });
    };
    const [software, hardware] = [true, false].map((wanted) =>
      [...runtimes.codecs].filter(([runtime]) => isSoftware(runtime) === wanted),
    ) as [[string, RecordedCodec][], [string, RecordedCodec][]];
    for (const [runtime, codec] of hardware) await time(runtime, codec, ROUNDS);
    process.stderr.write("runtimes: the processor is timed; now WebGPU in software, which takes minutes\n");
    for (const [runtime, codec] of software) await time(runtime, codec, ROUNDS_IN_SOFTWARE);
    const matrix = await runMatrix(runtimes.codecs, image);
    const { pairs, integers, differences, otherStreams, otherLevels, largestStep } = matrix;
    return {
      name: "runtimes",
      rows,
      notes: [
        `${SIZE.width}x${SIZE.height}, ${file === undefined ? "drawn weights" : "trained weights"}; medians of ${ROUNDS} rounds after a first; on WebGPU (SwiftShader, in software) the first round, with what it compiles.`,
        `${pairs} pairs of writer and reader: ${differences.length} with differing latents, ${integers} integers compared;`,
        `${otherStreams} further streams beside the first runtime's; ${otherLevels} of ${pairs * image.data.length} levels differ, by at most ${largestStep}.`,
        ...runtimes.missing.map((what) => `Not measured: ${what}.`),
      ],
    };
  } finally {
    await runtimes.close();
  }
}
