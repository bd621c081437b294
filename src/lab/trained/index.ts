/** What the command line may use of the laboratory on onnxruntime. */

export { openGraphOn } from "../../engine/runtime/open-graph.ts";
export { describeStudy, type NetworkOfRun, networkOfRun, readCrops, SAMPLE_FOLDER } from "./network-inputs.ts";
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
