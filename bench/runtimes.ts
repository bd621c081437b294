/**
 * Milliseconds to encode and decode a photograph of 768x512 in every runtime that this machine has, and the comparison of all pairs
 * of writer and reader on a small one. WebGPU is computed by SwiftShader, in software and on the small one: its times say nothing
 * about graphics cards.
 * Run: `npm run bench -- runtimes`, with a model file in the variable HALFSTEP_BENCH_MODEL, or without for drawn weights.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import sharp from "sharp";
import type { Image } from "../src/image/image.ts";
import { randomModelBytes } from "../src/models/random-model.ts";
import type { RecordedCodec } from "../test/support/recorded-codec.ts";
import { openRuntimes, runMatrix } from "../test/support/runtime-matrix.ts";
import { type BenchReport, median } from "./report.ts";

const PHOTOGRAPH = new URL("../samples/mountains.png", import.meta.url);
const SIZE = { width: 768, height: 512 };
/** Of the picture for the comparison, and for WebGPU: SwiftShader took 52 s to encode 768x512. */
const SMALL_SIZE = { width: 192, height: 128 };
const ROUNDS = 5;
/** In software, a graphics card needs seconds. */
const ROUNDS_IN_SOFTWARE = 1;

async function photograph(size: typeof SIZE): Promise<Image> {
  const picture = sharp(await readFile(PHOTOGRAPH)).resize({ ...size, fit: "cover" });
  return { ...size, data: new Uint8Array(await picture.removeAlpha().raw().toBuffer()) };
}

/** Measures all runtimes. */
export async function benchRuntimes(_options: { readonly json: boolean }): Promise<BenchReport> {
  const file = process.env.HALFSTEP_BENCH_MODEL;
  const model =
    file === undefined
      ? randomModelBytes({ type: "mean-scale-hyperprior", N: 64, M: 96 })
      : new Uint8Array(await readFile(file));
  const [large, small] = [await photograph(SIZE), await photograph(SMALL_SIZE)];
  const runtimes = await openRuntimes();
  const rows: Record<string, string | number>[] = [];
  try {
    // Processors first, while nothing else of this program runs; WebGPU in software without a warm-up.
    const isSoftware = (runtime: string): boolean => runtime.includes("WebGPU");
    const time = async (runtime: string, codec: RecordedCodec, image: Image, rounds: number): Promise<void> => {
      const { selfTestMs } = await codec.use(model);
      const times = { encode: [] as number[], decode: [] as number[] };
      for (let round = rounds > 1 ? -1 : 0; round < rounds; round++) {
        const encoded = await codec.encode(image);
        const decoded = await codec.decode(encoded.bytes);
        if (round < 0) continue;
        times.encode.push(encoded.ms);
        times.decode.push(decoded.ms);
      }
      const row = {
        runtime,
        size: `${image.width}x${image.height}`,
        "self-test ms": Number((selfTestMs ?? Number.NaN).toFixed(1)),
        "encode ms": Math.round(median(times.encode)),
        "decode ms": Math.round(median(times.decode)),
      };
      rows.push(row);
      process.stderr.write(`${JSON.stringify(row)}\n`);
    };
    const [software, hardware] = [true, false].map((wanted) =>
      [...runtimes.codecs].filter(([runtime]) => isSoftware(runtime) === wanted),
    ) as [[string, RecordedCodec][], [string, RecordedCodec][]];
    for (const [runtime, codec] of hardware) await time(runtime, codec, large, ROUNDS);
    process.stderr.write("runtimes: the processor is timed; now WebGPU in software, which takes minutes\n");
    for (const [runtime, codec] of software) await time(runtime, codec, small, ROUNDS_IN_SOFTWARE);
    const matrix = await runMatrix(runtimes.codecs, small);
    const { pairs, integers, differences, otherStreams, otherLevels, largestStep } = matrix;
    return {
      name: "runtimes",
      rows,
      notes: [
        `${file === undefined ? "drawn weights" : "trained weights"}; medians of ${ROUNDS} rounds after a first; on WebGPU (SwiftShader, in software) the first round, with what it compiles.`,
        `${pairs} pairs of writer and reader at ${SMALL_SIZE.width}x${SMALL_SIZE.height}: ${differences.length} with differing latents, ${integers} integers compared;`,
        `${otherStreams} further streams beside the first runtime's; ${otherLevels} of ${pairs * small.data.length} levels differ, by at most ${largestStep}.`,
        ...runtimes.missing.map((what) => `Not measured: ${what}.`),
      ],
    };
  } finally {
    await runtimes.close();
  }
}
