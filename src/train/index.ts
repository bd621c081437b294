/** What the rest of the project may use of training; the command line imports this file and no other of this folder. */
export { printConfig, type TrainConfig } from "./config.ts";
export { drawPicture, LARGEST_SIDE, LEAST_SIDE, type PictureKind, pictureKind } from "./data/drawn/draw-picture.ts";
export { type PackOptions, type PackProgress, type PackSummary, packFolder } from "./data/pack-folder.ts";
export type { TrainProgress, TrainSummary } from "./loop.ts";
export { psnrDbOf } from "./metrics.ts";
export { createTrainStep } from "./onnx-train-step.ts";
export { parseConfig, readConfigFile } from "./parse-config.ts";
export { hashOfImages, type StartTrainingOptions, startTraining } from "./start-training.ts";
export * from "./sweep/index.ts";
export type { TrainStep } from "./train-step.ts";
