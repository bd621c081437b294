/** What the command line may use of the laboratory on onnxruntime. */
export { describeStudy, type NetworkOfRun, networkOfRun, readCrops, SAMPLE_FOLDER } from "./network-inputs.ts";
export { onnxruntimeOpener } from "./open-graph.ts";
export { relativeFigures } from "./relative-figures.ts";
export {
  type ImageCrop,
  NETWORK_STUDY_DEFAULTS,
  type NetworkFigures,
  type NetworkStudy,
  type NetworkStudyOptions,
  type PairFigures,
  type StudiedNetwork,
  studyNetwork,
} from "./study-network.ts";
