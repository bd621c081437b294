/**
 * What training and coding cost in each network at its usual widths. A training step is measured in milliseconds and by its arithmetic rate; the
 * mean-scale hyperprior takes steps in turns with it. To encode and decode a photograph of 768x512 is measured in milliseconds, beside the
 * graphs that every decoder must run. Weights are drawn, not trained. This changes the number of bits, which a column tells, and little else
 * that takes time. Run: `npm run bench -- networks`, or with `HALFSTEP_NETWORKS=elic,...` for some of them.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { openNetwork } from "../src/codec/graphs.ts";
import { DEFAULT_QUALITY, qualityField, qualityInput } from "../src/codec/quality-setting.ts";
import { CounterRandom } from "../src/engine/index.ts";
import { openGraphOn } from "../src/engine/runtime/open-graph.ts";
import type { Image } from "../src/image/image.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { type NetworkConfig, USUAL_WIDTHS } from "../src/networks/architecture-table.ts";
import { countMacs } from "../src/networks/count-macs.ts";
import { createNetwork } from "../src/networks/create-network.ts";
import { Y_STRIDE, Z_STRIDE } from "../src/networks/strides.ts";
import type { TrainConfig } from "../src/train/config.ts";
import { createTrainStep } from "../src/train/onnx-train-step.ts";
import { validateConfig } from "../src/train/parse-config.ts";
import { trainingGraph } from "../src/train/training-graph.ts";
import { randomModel } from "../test/support/random-model.ts";
import { type BenchReport, median } from "./report.ts";
import { readTestImage } from "./test-images.ts";

const BATCH = 8;
const CROP = 128;
const WARM_UP_STEPS = 1;
const STEPS = 5;
const LEARNING_RATE = 1e-4;
const CODEC_THREADS = 2;
const WARM_UP_ROUNDS = 1;
const ROUNDS = 5;
/** The file has 768x520 pixels; 8 rows are left out. */
const PHOTOGRAPH = fileURLToPath(new URL("../samples/fig.png", import.meta.url));
const PICTURE = { width: 768, height: 512 };

const BASELINE: NetworkConfig = { type: "mean-scale-hyperprior", N: 128, M: 192 };
const CASES: readonly NetworkConfig[] = [
  { type: "mean-scale-hyperprior", N: 64, M: 96 },
  ...Object.entries(USUAL_WIDTHS).map(([type, widths]) => ({ type: type as NetworkConfig["type"], ...widths })),
];
/** The longest time that decoding may take, in milliseconds. */
const DECODE_TARGETS: Partial<Record<NetworkConfig["type"], number>> = { "joint-autoregressive": 1200, elic: 1500 };

interface StepTimes {
  /** Multiply-accumulates of the whole step, forward and backward, in thousand millions. */
  readonly gigaMacs: number;
  readonly ms: number;
  readonly gigaFlopsPerSecond: number;
  /** Arithmetic rate divided by that of the baseline, which took turns with it. */
  readonly relative: number;
}

/** A training step that tells how long it took. */
async function timedStep(network: NetworkConfig, threads: number) {
  const config: TrainConfig = validateConfig({ data: "unused", network, batch: BATCH, crop: CROP, threads });
  const batch = new Float32Array(BATCH * 3 * CROP * CROP);
  new CounterRandom(1).fillUniform(batch, 0, 0, 0, 1);
  const gigaMacs = countMacs(...trainingGraph(config).graph.outputs.values()) / 1e9;
  const step = await createTrainStep(config);
  let at = 0;
  return {
    gigaMacs,
    async take(): Promise<{ readonly ms: number; readonly cpuMs: number }> {
      const start = performance.now();
      const cpuStart = process.cpuUsage();
      const { loss } = await step.run(batch, at++, LEARNING_RATE);
      if (!Number.isFinite(loss)) throw new Error(`networks: ${network.type}: the loss of step ${at} is ${loss}`);
      const { user, system } = process.cpuUsage(cpuStart);
      return { ms: performance.now() - start, cpuMs: (user + system) / 1000 };
    },
    close: () => step.dispose(),
  };
}

async function timeTraining(network: NetworkConfig, threads: number): Promise<StepTimes> {
  const measured = await timedStep(network, threads);
  const baseline = await timedStep(BASELINE, threads);
  const ms: number[] = [];
  const seconds = { measured: [] as number[], baseline: [] as number[] };
  for (let i = -WARM_UP_STEPS; i < STEPS; i++) {
    const pair = { measured: await measured.take(), baseline: await baseline.take() };
    if (i < 0) continue;
    ms.push(pair.measured.ms);
    // On one thread, processor time is what the clock would say on a machine without other work.
    for (const which of ["measured", "baseline"] as const) {
      seconds[which].push((threads === 1 ? pair[which].cpuMs : pair[which].ms) / 1000);
    }
  }
  await measured.close();
  await baseline.close();
  const rate = (2 * measured.gigaMacs) / median(seconds.measured);
  const baselineRate = (2 * baseline.gigaMacs) / median(seconds.baseline);
  return {
    gigaMacs: measured.gigaMacs,
    ms: median(ms),
    gigaFlopsPerSecond: rate,
    relative: rate / baselineRate,
  };
}

async function timeCoding(network: NetworkConfig, image: Image) {
  const model = randomModel(network);
  const codec = await openCodec(model, { threads: CODEC_THREADS });
  const graphs = await openNetwork(model.model, openGraphOn("cpu"), CODEC_THREADS);
  const built = createNetwork(network);
  const { lambdaRange } = model.model;
  const quality = lambdaRange && qualityInput(qualityField(DEFAULT_QUALITY), lambdaRange);
  const empty = (channels: number, downscale: number) => {
    const shape = [1, channels, image.height / downscale, image.width / downscale];
    return { shape, data: new Float32Array(shape.reduce((product, size) => product * size)) };
  };
  const y = empty(network.M, Y_STRIDE);
  const z = built.coding === "factorized" ? null : empty(built.zChannels, Z_STRIDE);
  const times = { encode: [] as number[], decode: [] as number[], bare: [] as number[] };
  let bitsPerPixel = 0;
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const marks = [performance.now()];
    const mark = (): number => marks.push(performance.now());
    const encoded = await codec.encode(image);
    mark();
    const decoded = await codec.decode(encoded.bytes);
    mark();
    if (z !== null) await graphs.entropy("hyper-synthesis", { z });
    await graphs.synthesis(y, quality);
    mark();
    if (decoded.data.length !== image.data.length) throw new Error("networks: the decoded image has another size");
    bitsPerPixel = encoded.bitsPerPixel;
    if (round < 0) continue;
    for (const [i, list] of Object.values(times).entries()) {
      list.push(marks[i + 1]! - marks[i]!);
    }
  }
  await codec.close();
  await graphs.close();
  return {
    bitsPerPixel,
    encodeMs: median(times.encode),
    decodeMs: median(times.decode),
    fastestDecodeMs: Math.min(...times.decode),
    bareMs: median(times.bare),
  };
}

/** Measures all networks. @throws {Error} if a loss is not finite or a round trip does not give the size that went in. */
export async function benchNetworks(_options: { readonly json: boolean }): Promise<BenchReport> {
  const wanted = process.env.HALFSTEP_NETWORKS?.split(",");
  const cases = CASES.filter(({ type }) => wanted?.includes(type) ?? true);
  if (cases.length === 0) throw new Error(`networks: HALFSTEP_NETWORKS is "${wanted}", expected names of networks`);
  const image = await readTestImage(PHOTOGRAPH, PICTURE);
  const rows: Record<string, string | number>[] = [];
  for (const network of cases) {
    const one = await timeTraining(network, 1);
    const two = await timeTraining(network, 2);
    const { bitsPerPixel, encodeMs, decodeMs, fastestDecodeMs, bareMs } = await timeCoding(network, image);
    rows.push({
      network: network.type,
      "N/M": `${network.N}/${network.M}`,
      "step GMAC": round(one.gigaMacs, 1),
      "step ms, 1 thread": Math.round(one.ms),
      "GFLOP/s": Math.round(one.gigaFlopsPerSecond),
      "of mean-scale's": round(one.relative, 2),
      "step ms, 2 threads": Math.round(two.ms),
      "GFLOP/s (2)": Math.round(two.gigaFlopsPerSecond),
      "of mean-scale's (2)": round(two.relative, 2),
      bpp: round(bitsPerPixel, 2),
      "encode ms": Math.round(encodeMs),
      "decode ms": Math.round(decodeMs),
      fastest: Math.round(fastestDecodeMs),
      "decode / bare": round(decodeMs / bareMs, 2),
      "decode target ms": DECODE_TARGETS[network.type] ?? "",
    });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  }
  return {
    name: "networks",
    rows,
    notes: [
      `Training: batch ${BATCH} of ${CROP}x${CROP}, medians of ${STEPS} steps; MACs are counted on the graph of the step, forward and backward; 1 MAC = 2 FLOP.`,
      `GFLOP/s: on one thread by processor time, on two by the clock. of mean-scale's: GFLOP/s in parts of those of ${BASELINE.type} ${BASELINE.N}/${BASELINE.M}, which takes steps in turns with the network.`,
      `Coding: fig.png, ${PICTURE.width}x${PICTURE.height}, ${CODEC_THREADS} threads, pixels to stream and back in memory, model loaded, medians of ${ROUNDS} turns.`,
      "bare: hyper-synthesis and synthesis alone, the graphs that decoding would run without context, entropy coder and conversion of pixels.",
    ],
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
