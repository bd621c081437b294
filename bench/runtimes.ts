/**
 * All pairs of writer and reader among the runtimes of this machine, on whole photographs. SwiftShader computes WebGPU in software, so pairs with
 * WebGPU see a part of each photograph. Before that, milliseconds to encode and decode 768x512 pixels are measured (for WebGPU the small
 * part; these say nothing about graphics cards).
 *
 *   HALFSTEP_TEST_IMAGES=<folder> HALFSTEP_BENCH_MODEL=<model file> npm run bench -- runtimes
 *
 * Without the folder, the samples are taken. Without a model file, weights are drawn. Standard error tells each picture that is
 * done: 24 photographs take minutes on processors, and WebGPU in software half an hour more.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import sharp from "sharp";
import type { Image } from "../src/image/image.ts";
import { randomModelBytes } from "../test/support/random-model.ts";
import type { RecordedCodec } from "../test/support/recorded-codec.ts";
import { type MatrixResult, openRuntimes, runMatrix } from "../test/support/runtime-matrix.ts";
import { type BenchReport, median } from "./report.ts";
import { readTestImage, testImages } from "./test-images.ts";

const PHOTOGRAPH = new URL("../samples/mountains.png", import.meta.url);
const SIZE = { width: 768, height: 512 };
/** The size of the part that WebGPU gets: SwiftShader took 52 s to encode 768x512. */
const SMALL_SIZE = { width: 192, height: 128 };
const ROUNDS = 5;
/** In software, a graphics card needs seconds. */
const ROUNDS_IN_SOFTWARE = 1;

type Codecs = ReadonlyMap<string, RecordedCodec>;
type Row = Record<string, string | number>;

async function photograph(size: typeof SIZE): Promise<Image> {
  const picture = sharp(await readFile(PHOTOGRAPH)).resize({ ...size, fit: "cover" });
  return { ...size, data: new Uint8Array(await picture.removeAlpha().raw().toBuffer()) };
}

/** The runtimes that compute on the processor. */
function onProcessor(codecs: Codecs): Codecs {
  return new Map([...codecs].filter(([runtime]) => !runtime.includes("WebGPU")));
}

async function timed(runtime: string, codec: RecordedCodec, image: Image, rounds: number): Promise<Row> {
  const times = { encode: [] as number[], decode: [] as number[] };
  for (let round = rounds > 1 ? -1 : 0; round < rounds; round++) {
    const encoded = await codec.encode(image);
    const decoded = await codec.decode(encoded.bytes);
    if (round < 0) continue;
    times.encode.push(encoded.ms);
    times.decode.push(decoded.ms);
  }
  return {
    runtime,
    size: `${image.width}x${image.height}`,
    "encode ms": Math.round(median(times.encode)),
    "decode ms": Math.round(median(times.decode)),
  };
}

/** Sends one picture after the other through all pairs. Gives the sums as a sentence. */
async function allPairs(what: string, codecs: Codecs, files: readonly string[], crop?: typeof SIZE): Promise<string> {
  const sum = { integers: 0, parameters: 0, levels: 0, otherLevels: 0, otherStreams: 0 };
  const differences: string[] = [];
  let [pairs, largestStep] = [0, 0];
  for (const file of files) {
    const image = await readTestImage(file, crop);
    const result: MatrixResult = await runMatrix(codecs, image);
    pairs = result.pairs;
    sum.integers += result.integers;
    sum.parameters += result.parameters;
    sum.levels += result.pairs * image.data.length;
    sum.otherLevels += result.otherLevels;
    sum.otherStreams += result.otherStreams;
    largestStep = Math.max(largestStep, result.largestStep);
    differences.push(...result.differences.map((difference) => `${file}: ${difference}`));
    const { stream: _, ...shown } = result;
    process.stderr.write(`${JSON.stringify({ file, size: `${image.width}x${image.height}`, ...shown })}\n`);
  }
  const size = crop === undefined ? "whole" : `${crop.width}x${crop.height} of each`;
  return [
    `${what}, ${size}: ${codecs.size} runtimes, ${pairs} pairs of writer and reader;`,
    `${sum.integers} integers of latents and ${sum.parameters} scales and means compared bit by bit, ${differences.length} pairs differ${differences.length > 0 ? ` (${differences.join("; ")})` : ""};`,
    `${sum.otherLevels} of ${sum.levels} levels of pixels differ, by at most ${largestStep};`,
    `${sum.otherStreams} streams beside the first runtime's (the analysis is floating point).`,
  ].join(" ");
}

/** Measures all runtimes. */
export async function benchRuntimes(_options: { readonly json: boolean }): Promise<BenchReport> {
  const file = process.env.HALFSTEP_BENCH_MODEL;
  const model =
    file === undefined
      ? randomModelBytes({ type: "mean-scale-hyperprior", N: 64, M: 96 })
      : new Uint8Array(await readFile(file));
  const [{ files, what }, large, small] = [await testImages(), await photograph(SIZE), await photograph(SMALL_SIZE)];
  const runtimes = await openRuntimes();
  const { codecs } = runtimes;
  const processors = onProcessor(codecs);
  const rows: Row[] = [];
  try {
    for (const [runtime, codec] of codecs) {
      const { selfTestMs } = await codec.use(model);
      const row = processors.has(runtime)
        ? await timed(runtime, codec, large, ROUNDS)
        : await timed(runtime, codec, small, ROUNDS_IN_SOFTWARE);
      rows.push({ ...row, "self-test ms": Number((selfTestMs ?? Number.NaN).toFixed(1)) });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
    const pairs = [await allPairs(what, processors, files)];
    if (processors.size < codecs.size) pairs.push(await allPairs(what, codecs, files, SMALL_SIZE));
    return {
      name: "runtimes",
      rows,
      notes: [
        `${file === undefined ? "drawn weights" : "trained weights"}; medians of ${ROUNDS} rounds after a first; on WebGPU (SwiftShader, in software) the first round, with what it compiles.`,
        ...pairs,
        ...runtimes.missing.map((missing) => `Not measured: ${missing}.`),
      ],
    };
  } finally {
    await runtimes.close();
  }
}
