/** What the rest of the project may use of training; the command line imports this file and no other of this folder. */
export { printConfig, type TrainConfig } from "./config.ts";
export { type PackOptions, type PackProgress, type PackSummary, packFolder } from "./data/pack-folder.ts";
export type { TrainProgress, TrainSummary } from "./loop.ts";
export { psnrDbOf } from "./metrics.ts";
export { parseConfig, readConfigFile } from "./parse-config.ts";
export { hashOfImages, type StartTrainingOptions, startTraining } from "./start-training.ts";
export { createTrainStep } from "./step.ts";
export * from "./sweep/index.ts";
export type { TrainStep } from "./train-step.ts";
