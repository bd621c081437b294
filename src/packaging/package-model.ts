/** Makes a model file from a training run: averaged weights, tables and the run's configuration. */
import path from "node:path";
import { checkOptions } from "../arguments.ts";
import { ensureWritable, writeFileAtomic } from "../atomic-file.ts";
import type { Model } from "../codec/model/model.ts";
import { serializeModel } from "../codec/model/model-file.ts";
import type { FloatArray } from "../engine/index.ts";
import { UsageError } from "../errors.ts";
import { loadModelBytes, type ModelInfo } from "../models/model-files.ts";
import { createNetwork } from "../networks/create-network.ts";
import { roundToInt8 } from "../networks/int8-kernels.ts";
import { loadCheckpoint } from "../train/checkpoint.ts";
import { configHash, type TrainConfig } from "../train/config.ts";
import { PackedDataset } from "../train/data/packed-dataset.ts";
import { ValidationCrops } from "../train/data/validation.ts";
import { buildModel, modelBuilder } from "./build-model.ts";
import { calibrate } from "./calibrate.ts";
import { chooseActivationLimit } from "./choose-activation-limit.ts";

/** Options of {@link packageModel}. */
export interface PackageModelOptions {
  /** Name of the model. Default: the name of the file without its ending. */
  readonly name?: string;
  /** Folder of packed images to calibrate the exact layers on. Default: the one that the run was trained on. */
  readonly data?: string;
  /**
   * Whether the file holds the large kernels of the transforms as 8-bit integers, which makes it smaller by a quarter and more. Default: whether the run was
   * trained with them so (`int8Kernels` in its configuration).
   */
  readonly int8Kernels?: boolean;
  /** Replace an existing file. False by default. */
  readonly force?: boolean;
}

/** What {@link packageModel} made. */
export interface PackagedModel {
  readonly info: ModelInfo;
  /** Length of the file. */
  readonly bytes: number;
  /**
   * Bits that the exact integer form of the entropy networks costs beyond the float one, in percent of those of y, on the
   * calibration crops; null for a network that has none.
   */
  readonly exactCostPercent: number | null;
  /** One sentence for each newer checkpoint that is damaged. */
  readonly warnings: readonly string[];
}

/** Crops that calibration looks at. */
const CALIBRATION = { count: 64, size: 256 } as const;

function readCalibrationImages(folder: string): FloatArray[] {
  const dataset = PackedDataset.open(folder);
  try {
    const crops = new ValidationCrops(dataset, CALIBRATION);
    const shape = [1, 3, crops.size, crops.size];
    return Array.from({ length: crops.count }, (_, i) => ({ data: crops.read(i, 1), shape }));
  } finally {
    dataset.close();
  }
}

/** What {@link modelOfWeights} makes a model of. */
export interface TrainedWeights {
  readonly name: string;
  /** What the weights were trained with. */
  readonly config: TrainConfig;
  /** All parameters of the network by dotted name. */
  readonly weights: ReadonlyMap<string, FloatArray>;
  /** What the model file says of the training beside the configuration. */
  readonly origin: Readonly<Record<string, unknown>>;
  /** Folder of packed images to calibrate on. */
  readonly data: string;
  /** See `buildModel`. */
  readonly int8Kernels: boolean;
}

/**
 * The model of trained weights: calibrated, its exact networks in the form that costs least.
 * @throws {HalfstepError} `bad-weights`, and those of packed images that are not there or too small
 */
export async function modelOfWeights({
  name,
  config,
  weights,
  origin,
  data,
  int8Kernels,
}: TrainedWeights): Promise<{ readonly model: Model; readonly exactCostPercent: number | null }> {
  const { network: networkConfig, lambda, scaleBound } = config;
  const network = createNetwork(networkConfig);
  const lambdaRange = network.variableRate ? (config.lambdaRange ?? ([lambda, lambda] as const)) : undefined;
  // Where the data and an initial run lay is nobody's business; what they were is in the hashes.
  const { data: _folder, initialWeights: _source, ...settings } = config;
  const training = { ...origin, config: settings };
  const rate = lambdaRange === undefined ? { lambda } : { lambda, lambdaRange };
  const parts = { name, network: networkConfig, ...rate, scaleBound, training, weights, int8Kernels };
  if (network.coding === "factorized") return { model: buildModel({ ...parts, limits: null }), exactCostPercent: null };
  const images = readCalibrationImages(data);
  const seen = int8Kernels ? roundToInt8(network, weights).weights : weights;
  const calibration = await calibrate(network, seen, parts, images);
  const build = modelBuilder({ ...parts, limits: calibration.limits });
  const { model, floatBits, exactBits } = await chooseActivationLimit(network, build, calibration, images.length);
  return {
    model: { ...model, training: { ...training, exact: { images: images.length, floatBits, exactBits } } },
    exactCostPercent: 100 * (exactBits / floatBits - 1),
  };
}

/**
 * Packages the newest intact checkpoint of a run.
 *
 * @param run the run's folder
 * @param out the model file to write; its name must end in ".safetensors"
 * @throws {UsageError} `bad-model-name`, `missing-checkpoint`, because the output exists, or because the packed
 *   images are not there or too small
 * @throws {HalfstepError} `bad-checkpoint`, `bad-weights`, or because the output cannot be written
 */
export async function packageModel(
  run: string,
  out: string,
  options: PackageModelOptions = {},
): Promise<PackagedModel> {
  const known = ["name", "data", "int8Kernels", "force"] satisfies (keyof PackageModelOptions)[];
  checkOptions(options, "packageModel: the options", known);
  const { force = false, data, name = path.basename(out, ".safetensors") } = options;
  if (!out.endsWith(".safetensors")) {
    throw new UsageError("bad-model-name", `${out}: got another ending, expected .safetensors; name the output so`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(name)) {
    throw new UsageError(
      "bad-model-name",
      `model name: got "${name}", expected up to 64 letters, digits, dots and hyphens; choose another with --name`,
    );
  }
  await ensureWritable(out, { force });
  const { checkpoint, warnings } = loadCheckpoint(run);
  const { config, step, state } = checkpoint;
  const { model, exactCostPercent } = await modelOfWeights({
    name,
    config,
    weights: state.ema.size > 0 ? state.ema : state.weights,
    origin: { step, configHash: configHash(config), dataHash: checkpoint.dataHash ?? null },
    data: data ?? config.data,
    int8Kernels: options.int8Kernels ?? config.int8Kernels === true,
  });
  const bytes = serializeModel(model);
  const { info } = loadModelBytes(bytes, out);
  await writeFileAtomic(out, bytes, { force });
  return { info, bytes: bytes.length, exactCostPercent, warnings };
}
