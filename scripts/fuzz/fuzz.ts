/**
 * Hostile streams and model files, by seed. Each must end in an image (or a model) or in an error of the project, in
 * bounded time and memory. Anything else is a finding, and its seed is told.
 */
import { modelGraphs } from "../../src/codec/graphs.ts";
import { parseModel } from "../../src/codec/model/model-file.ts";
import { HalfstepError } from "../../src/errors.ts";
import type { Image } from "../../src/image/image.ts";
import { type Codec, openCodec } from "../../src/models/load-codec.ts";
import { loadModelBytes } from "../../src/models/model-files.ts";
import type { NetworkConfig } from "../../src/networks/architecture-table.ts";
import { randomModelBytes } from "../../test/support/random-model.ts";
import { Draws, MODEL_MUTATIONS, type Mutation, STREAM_MUTATIONS, withChecksum } from "./mutations.ts";

/** Largest image that the codec under test accepts; it bounds time and memory of a hostile stream. */
const MAX_PIXELS = 2 ** 16;
/** No stream may take longer, in milliseconds: hundreds of times what the largest image takes. */
const TIME_LIMIT_MS = 5000;
/**
 * The most memory beyond that of valid streams of the largest size, in bytes. FORMAT.md ("Bounds for readers") says that hostile streams need
 * no more, so this allows only for garbage that waits to be collected: V8 lets 64 MiB of arrays wait. Model files are not streams: a megabyte of
 * text becomes 200,000 nested objects.
 */
const MEMORY_LIMIT_BYTES: Readonly<Record<FuzzOptions["what"], number>> = { streams: 3 * 2 ** 25, models: 2 ** 28 };
/** Largest valid pictures that are decoded before memory is looked at. */
const WARM_UP_ROUNDS = 8;

/** One network of each way to code latents, as narrow as they come. */
const NETWORKS: readonly NetworkConfig[] = [
  { type: "mean-scale-hyperprior", N: 4, M: 6 },
  { type: "factorized-prior", N: 4, M: 6 },
  { type: "joint-autoregressive", N: 4, M: 6 },
  { type: "channel-conditional", N: 4, M: 10 },
  {
    type: "halfstep",
    N: 8,
    M: 16,
    structure: { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 4, bypass: true, core: 8 },
  },
];

/** What a run found. */
export interface FuzzReport {
  readonly tried: number;
  /** How often each ending was seen: "an image", "a model", or an error's code. */
  readonly endings: Readonly<Record<string, number>>;
  /** One sentence for each seed that ended otherwise. */
  readonly findings: readonly string[];
  readonly slowestMs: number;
  /** The process's peak of resident memory beyond that of valid streams. */
  readonly peakGrowthBytes: number;
}

/** What is fuzzed: codecs of all kinds with streams of several layouts. */
export interface FuzzTarget {
  readonly codecs: readonly { readonly codec: Codec; readonly streams: readonly Uint8Array[] }[];
  readonly models: readonly Uint8Array[];
  close(): Promise<void>;
}

const peakBytes = (): number => 1024 * process.resourceUsage().maxRSS;

function picture(width: number, height: number): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37 + ((i >> 5) % 7) * 29) % 256);
  return { width, height, data };
}

/** Alpha of many values. */
function fading(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) => (3 * (i % width) + Math.floor(i / width)) & 255);
}

/** Makes small codecs and their streams, tiled and not. */
export async function openFuzzTarget(): Promise<FuzzTarget> {
  const models = NETWORKS.map((network) => randomModelBytes(network));
  const codecs = await Promise.all(
    models.flatMap((bytes) =>
      [undefined, 64].map(async (tileSide) => {
        const limits = { maxPixels: MAX_PIXELS, ...(tileSide === undefined ? {} : { tileSide, tileAbovePixels: 1 }) };
        const codec = await openCodec(loadModelBytes(bytes, "fuzz"), limits);
        // biome-ignore format: pairs on one line
        const sizes = [[1, 1], [90, 60], [200, 70]] as const;
        const streams: Uint8Array[] = [];
        for (const [width, height] of sizes) streams.push((await codec.encode(picture(width, height))).bytes);
        streams.push((await codec.encode({ ...picture(90, 60), alpha: fading(90, 60) })).bytes);
        const side = Math.sqrt(MAX_PIXELS);
        const { bytes: largest } = await codec.encode(picture(side, side));
        for (let round = 0; round < WARM_UP_ROUNDS; round++) await codec.decode(largest);
        return { codec, streams };
      }),
    ),
  );
  return {
    codecs,
    models: [...models, ...NETWORKS.slice(-1).map((network) => randomModelBytes(network, { int8Kernels: true }))],
    close: async () => {
      await Promise.all(codecs.map(({ codec }) => codec.close()));
    },
  };
}

/** What {@link fuzz} does. */
export interface FuzzOptions {
  readonly what: "streams" | "models";
  /** First seed. */
  readonly first: number;
  /** How many seeds. */
  readonly count: number;
  /** `performance.now()` at which to stop. Default: never. */
  readonly until?: number;
}

/** Runs the seeds `first .. first + count - 1`; stops early when the time is over. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const { what, first, count, until = Number.POSITIVE_INFINITY } = options;
  const endings: Record<string, number> = {};
  const findings: string[] = [];
  let [tried, slowestMs] = [0, 0];
  const peakBefore = peakBytes();
  for (let seed = first; seed < first + count && performance.now() < until; seed++) {
    const draws = new Draws(seed);
    tried++;
    const startMs = performance.now();
    let ending: string;
    try {
      if (what === "models") {
        const bytes = target.models[draws.below(target.models.length)]!;
        const mutate = MODEL_MUTATIONS[draws.below(MODEL_MUTATIONS.length)] as Mutation;
        const model = parseModel(mutate(bytes, draws), "fuzz");
        // Weights that do not fit their network show when its graphs are built.
        if (draws.below(4) === 0) for (const { graph } of modelGraphs(model).values()) void graph;
        ending = "a model";
      } else {
        const { codec, streams: good } = target.codecs[
          draws.below(target.codecs.length)
        ] as FuzzTarget["codecs"][number];
        const mutate = STREAM_MUTATIONS[draws.below(STREAM_MUTATIONS.length)] as Mutation;
        const spoiled = mutate(good[draws.below(good.length)]!, draws);
        await codec.decode(draws.below(4) === 0 ? spoiled : withChecksum(spoiled));
        ending = "an image";
      }
    } catch (error) {
      ending = error instanceof HalfstepError ? error.code : "unexpected";
      if (!(error instanceof HalfstepError)) findings.push(`seed ${seed}: ${(error as Error).stack}`);
    }
    const tookMs = performance.now() - startMs;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > TIME_LIMIT_MS) findings.push(`seed ${seed}: took ${tookMs.toFixed(0)} ms`);
    endings[ending] = (endings[ending] ?? 0) + 1;
  }
  const peakGrowthBytes = peakBytes() - peakBefore;
  if (peakGrowthBytes > MEMORY_LIMIT_BYTES[what]) {
    findings.push(`memory grew by ${(peakGrowthBytes / 2 ** 20).toFixed(0)} MiB`);
  }
  return { tried, endings, findings, slowestMs, peakGrowthBytes };
}

/**
 * Every prefix of a few small streams, and every stream with one bit changed, once with the old checksum and once with one that fits.
 * @returns how many there were, and a sentence for each that ended in the wrong way. A prefix must end in an error, and so must a change that
 *   the checksum covers
 */
export async function fuzzEveryByte(target: FuzzTarget): Promise<{ streams: number; findings: readonly string[] }> {
  const findings: string[] = [];
  let streams = 0;
  for (const { codec, streams: good } of target.codecs) {
    const small = good[0]!;
    const check = async (what: string, bytes: Uint8Array, mayDecode: boolean): Promise<void> => {
      streams++;
      try {
        await codec.decode(bytes);
        if (!mayDecode) findings.push(`${what}: decoded`);
      } catch (error) {
        if (!(error instanceof HalfstepError)) findings.push(`${what}: ${(error as Error).stack}`);
      }
    };
    for (let length = 0; length < small.length; length++) {
      await check(`${length} bytes`, small.slice(0, length), false);
      await check(`${length} bytes, checked`, withChecksum(small.slice(0, length)), false);
    }
    for (let bit = 0; bit < 8 * small.length; bit++) {
      const flipped = small.slice();
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
      await check(`bit ${bit}`, flipped, false);
      await check(`bit ${bit}, checked`, withChecksum(flipped), true);
    }
  }
  return { streams, findings };
}
