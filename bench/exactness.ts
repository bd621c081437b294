/**
 * What the integers cost. For each model file that was made from a training run, this compares the bytes that the codec writes for whole photographs
 * with the rate that the run's float network estimates for them. The difference is everything that a file has and a loss does not have:
 * integer hyper-synthesis, kernels in half precision, integer tables, entropy coder, header and checksum.
 *
 *   HALFSTEP_RUNS=<run folder>:<run folder> HALFSTEP_TEST_IMAGES=<folder> npm run bench -- exactness
 *
 * A model file holds no float hyper-synthesis, so the run folders are needed. Each run is compared with the shipped model that was
 * packaged from it (same configuration, same step). Without test images, the samples are taken.
 */
import path from "node:path";
import process from "node:process";
import { readStream } from "../src/codec/container/stream.ts";
import { defineGraph, graphInput, type Session } from "../src/engine/index.ts";
import { exportOnnx } from "../src/engine/onnx/export.ts";
import { openSession } from "../src/engine/runtime/session.ts";
import type { Image } from "../src/image/image.ts";
import { paddedSize, toPlanar } from "../src/image/planar.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { findModel, type LoadedModel, listModels } from "../src/models/model-files.ts";
import { createNetwork } from "../src/networks/create-network.ts";
import { ParameterScope } from "../src/networks/parameters.ts";
import { trainNetwork } from "../src/networks/train-network.ts";
import { type Checkpoint, loadCheckpoint } from "../src/train/checkpoint.ts";
import { configHash } from "../src/train/config.ts";
import type { BenchReport } from "./report.ts";
import { readTestImage, testImages } from "./test-images.ts";

/** The float network of a run: bits of whole photographs, as the loss of training counts them with real rounding. */
class FloatNetwork {
  readonly #checkpoint: Checkpoint;
  /** By size, because graphs of a density name their shapes. */
  readonly #sessions = new Map<string, Session>();

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  async bits(image: Image): Promise<number> {
    const { config, state } = this.#checkpoint;
    const network = createNetwork(config.network);
    const [height, width] = [paddedSize(image.height, network.downscale), paddedSize(image.width, network.downscale)];
    const key = `${width}x${height}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const scope = ParameterScope.frozen(state.ema.size > 0 ? state.ema : state.weights);
      const { bits } = trainNetwork(network, scope, graphInput("image", [1, 3, height, width]), {
        rate: "ste",
        distortion: "ste",
        zeroCenter: config.zeroCenter,
        scaleBound: config.scaleBound,
        noise: () => {
          throw new Error("internal: rounding asked for noise");
        },
      });
      session = await openSession(exportOnnx(defineGraph({ bits })));
      this.#sessions.set(key, session);
    }
    const data = toPlanar(image, { top: 0, left: 0, height, width });
    const outputs = await session.run(new Map([["image", { data, shape: [1, 3, height, width] }]]));
    return (outputs.get("bits") as { data: Float32Array }).data[0]!;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.close();
    this.#sessions.clear();
  }
}

/** The shipped model that was packaged from this checkpoint. */
function modelOf({ config, step }: Checkpoint, models: readonly LoadedModel[]): LoadedModel | undefined {
  const hash = configHash(config);
  return models.find(({ model: { training } }) => training.configHash === hash && training.step === step);
}

const percentBeyond = (bits: number, reference: number): number => Number((100 * (bits / reference - 1)).toFixed(3));

/** Compares all runs that the environment names. @throws {Error} if it names no run, or only runs that no shipped model was made of */
export async function benchExactness(_options: { readonly json: boolean }): Promise<BenchReport> {
  const runs = (process.env.HALFSTEP_RUNS ?? "").split(path.delimiter).filter((run) => run !== "");
  if (runs.length === 0) throw new Error("exactness: set HALFSTEP_RUNS to the run folders of the shipped models");
  const models = await Promise.all((await listModels()).map(({ name }) => findModel(name)));
  const { files, what } = await testImages();
  const images = await Promise.all(files.map((file) => readTestImage(file)));
  const pixels = images.reduce((sum, { width, height }) => sum + width * height, 0);
  const rows: Record<string, string | number>[] = [];
  const withoutModel: string[] = [];
  const compared = new Set<string>();
  for (const run of runs) {
    const { checkpoint } = loadCheckpoint(run);
    const loaded = modelOf(checkpoint, models);
    if (loaded === undefined) {
      withoutModel.push(run);
      continue;
    }
    const { name } = loaded.info;
    compared.add(name);
    const float = new FloatNetwork(checkpoint);
    const codec = await openCodec(loaded);
    const sum = { float: 0, exact: 0, sections: 0, file: 0 };
    let worst = Number.NEGATIVE_INFINITY;
    for (const image of images) {
      // To the nearest integers on both sides.
      const floatBits = await float.bits(image);
      const { bytes, estimatedBits } = await codec.encode(image, { estimate: true, bitsPerSquaredStep: Infinity });
      sum.float += floatBits;
      sum.exact += estimatedBits as number;
      sum.sections += 8 * readStream(bytes).header.payloadByteLength;
      sum.file += 8 * bytes.length;
      worst = Math.max(worst, percentBeyond(8 * bytes.length, floatBits));
    }
    await codec.close();
    await float.close();
    rows.push({
      model: name,
      "float bpp": Number((sum.float / pixels).toFixed(4)),
      "exact estimate %": percentBeyond(sum.exact, sum.float),
      "sections %": percentBeyond(sum.sections, sum.float),
      "files %": percentBeyond(sum.file, sum.float),
      "worst file %": worst,
    });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  }
  if (rows.length === 0) throw new Error("exactness: no shipped model was packaged from the runs of HALFSTEP_RUNS");
  const missing = models.map(({ info }) => info.name).filter((name) => !compared.has(name));
  return {
    name: "exactness",
    rows,
    notes: [
      `${what}, whole; bits beyond the float network's estimate (the run's averaged weights, real rounding), of all photographs together:`,
      "exact estimate: trained densities under the integer layers; sections: coded bytes; files: with header and checksum.",
      ...(missing.length > 0 ? [`Not measured, for no run was given: ${missing.join(", ")}.`] : []),
      ...withoutModel.map((run) => `${path.basename(run)}: no shipped model is of this run.`),
    ],
  };
}
