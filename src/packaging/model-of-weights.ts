/**
 * Trained weights to a model, calibrated on photographs. This is not in package-model.ts, because the declarations of that file reach everybody
 * who uses the library, and those of a training configuration need zod's.
 */
import type { Model } from "../codec/model/model.ts";
import type { FloatArray } from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { roundToInt8 } from "../networks/int8-kernels.ts";
import type { TrainConfig } from "../train/config.ts";
import { PackedDataset } from "../train/data/packed-dataset.ts";
import { ValidationCrops } from "../train/data/validation.ts";
import { buildModel, modelBuilder } from "./build-model.ts";
import { calibrate } from "./calibrate.ts";
import { chooseActivationLimit } from "./choose-activation-limit.ts";

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
