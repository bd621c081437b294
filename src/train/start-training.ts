/**
 * A training run from its configuration: opens the packed images, divides them, draws crops, makes the step, and trains.
 * The step is made by a function that is passed in, so that this file knows nothing of graphs either.
 */
import { UsageError } from "../errors.ts";
import type { TrainConfig } from "./config.ts";
import { CropSampler } from "./data/crop-sampler.ts";
import { PackedDataset } from "./data/packed-dataset.ts";
import { splitDataset, ValidationCrops } from "./data/validation.ts";
import { type TrainLoopOptions, type TrainSummary, trainLoop } from "./loop.ts";
import type { TrainStep } from "./train-step.ts";

/** Options of {@link startTraining}: those of the loop, without what it derives from the configuration. `onWarning` is also called if images are left out. */
export interface StartTrainingOptions extends Omit<TrainLoopOptions, "step" | "batches" | "validation" | "dataHash"> {
  /** Makes the network and its optimizer, when nothing else refuses the run; {@link startTraining} disposes of them. */
  readonly createStep: (config: TrainConfig) => Promise<TrainStep>;
}

/**
 * Trains until the configured steps are done or the signal stops it.
 * @throws {UsageError} `missing-dataset`, `image-too-small`, `no-images` for the images; `bad-config` for a part that is to be trained
 *   around another that never was; those of `trainLoop` for the run.
 */
export async function startTraining(options: StartTrainingOptions): Promise<TrainSummary> {
  const { config, createStep, ...loopOptions } = options;
  const { resume = false, startFrom = config.initialWeights } = options;
  if (config.trained === "decoder" && !resume && startFrom === undefined) {
    throw new UsageError(
      "bad-config",
      'config: initialWeights: got nothing, expected a run folder or a checkpoint with trained "decoder": the encoder must have been trained',
    );
  }
  const dataset = PackedDataset.open(config.data);
  try {
    const split = splitDataset(dataset, config.validateEvery > 0 ? config.validation.fraction : 0);
    const batches = new CropSampler(split.train, { ...config.augment, ...config });
    if (batches.leftOut > 0) {
      const { crop } = config;
      options.onWarning?.(
        `${batches.leftOut} of ${split.train.images.length} images are smaller than the crop of ${crop}x${crop} pixels, and are left out`,
      );
    }
    const validation =
      config.validateEvery > 0
        ? new ValidationCrops(split.validation, { count: config.validation.crops, size: config.validation.size })
        : undefined;
    let step: TrainStep | undefined;
    try {
      return await trainLoop({
        ...loopOptions,
        config,
        // Costly, so made only when the run is open.
        step: async () => {
          step = await createStep(config);
          return step;
        },
        batches,
        dataHash: dataset.contentHash(),
        ...(validation === undefined ? {} : { validation }),
      });
    } finally {
      await step?.dispose();
    }
  } finally {
    dataset.close();
  }
}

/** Identity of packed images: of their names, sizes and contents. @throws as `PackedDataset.open` */
export function hashOfImages(folder: string): string {
  const dataset = PackedDataset.open(folder);
  try {
    return dataset.contentHash();
  } finally {
    dataset.close();
  }
}
