/**
 * Hostile streams and model files, by seed: every one must end in an image (or a model) or in an error of the project, in
 * bounded time and memory. Anything else is a finding, told by its seed.
 */
import { parseModel } from "../../src/codec/model/model-file.ts";
import { HalfstepError } from "../../src/errors.ts";
import type { Image } from "../../src/image/image.ts";
import { type Codec, openCodec } from "../../src/models/load-codec.ts";
import { loadModelBytes } from "../../src/models/model-files.ts";
import { randomModelBytes } from "../../src/models/random-model.ts";
import { Draws, MUTATIONS, type Mutation, withChecksum } from "./mutations.ts";

/** Largest image that the codec under test accepts; it bounds time and memory of a hostile stream. */
const MAX_PIXELS = 2 ** 16;
/** No stream may take longer, in milliseconds: hundreds of times what the largest image takes. */
const TIME_LIMIT_MS = 5000;
/** Growth of memory beyond which the run fails, in bytes. */
const MEMORY_LIMIT_BYTES = 2 ** 29;

/** What a run found. */
export interface FuzzReport {
  readonly streams: number;
  readonly models: number;
  /** How often each ending was seen: "an image", "a model", or an error's code. */
  readonly endings: Readonly<Record<string, number>>;
  /** One sentence for each seed that ended otherwise. */
  readonly findings: readonly string[];
  readonly slowestMs: number;
}

/** What is fuzzed: codecs of both kinds with streams of several layouts. */
export interface FuzzTarget {
  readonly codecs: readonly { readonly codec: Codec; readonly streams: readonly Uint8Array[] }[];
  readonly models: readonly Uint8Array[];
  close(): Promise<void>;
}

function picture(width: number, height: number): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37 + ((i >> 5) % 7) * 29) % 256);
  return { width, height, data };
}

/** Makes two small codecs and their streams, tiled and not. */
export async function openFuzzTarget(): Promise<FuzzTarget> {
  const models = (["mean-scale-hyperprior", "factorized-prior"] as const).map((type) =>
    randomModelBytes({ type, N: 4, M: 6 }),
  );
  const codecs = await Promise.all(
    models.flatMap((bytes) =>
      [undefined, 64].map(async (tileSide) => {
        const limits = { maxPixels: MAX_PIXELS, ...(tileSide === undefined ? {} : { tileSide, tileAbovePixels: 1 }) };
        const codec = await openCodec(loadModelBytes(bytes, "fuzz"), limits);
        // biome-ignore format: pairs on one line
        const sizes = [[1, 1], [90, 60], [200, 70]] as const;
        const streams: Uint8Array[] = [];
        for (const [width, height] of sizes) streams.push((await codec.encode(picture(width, height))).bytes);
        return { codec, streams };
      }),
    ),
  );
  return {
    codecs,
    models,
    close: async () => {
      await Promise.all(codecs.map(({ codec }) => codec.close()));
    },
  };
}

/**
 * Runs the seeds `first .. first + count - 1`; stops early when the time is over.
 * @param until `performance.now()` at which to stop
 */
export async function fuzz(
  target: FuzzTarget,
  first: number,
  count: number,
  until: number = Number.POSITIVE_INFINITY,
): Promise<FuzzReport> {
  const endings: Record<string, number> = {};
  const findings: string[] = [];
  let [streams, models, slowestMs] = [0, 0, 0];
  const memoryBefore = process.memoryUsage().rss;
  for (let seed = first; seed < first + count && performance.now() < until; seed++) {
    const draws = new Draws(seed);
    const mutate = MUTATIONS[draws.below(MUTATIONS.length)] as Mutation;
    const startMs = performance.now();
    let ending: string;
    try {
      if (draws.below(10) === 0) {
        models++;
        const bytes = target.models[draws.below(target.models.length)] as Uint8Array;
        parseModel(mutate(bytes, draws), "fuzz");
        ending = "a model";
      } else {
        streams++;
        const { codec, streams: good } = target.codecs[
          draws.below(target.codecs.length)
        ] as FuzzTarget["codecs"][number];
        const spoiled = mutate(good[draws.below(good.length)] as Uint8Array, draws);
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
  const grownBytes = process.memoryUsage().rss - memoryBefore;
  if (grownBytes > MEMORY_LIMIT_BYTES) findings.push(`memory grew by ${(grownBytes / 2 ** 20).toFixed(0)} MiB`);
  return { streams, models, endings, findings, slowestMs };
}
