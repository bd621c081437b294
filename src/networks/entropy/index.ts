/** What architectures and codecs use of the entropy networks. */
export {
  causalTaps,
  correctsLatents,
  type EntropyGraph,
  type EntropyInput,
  entropyGraphs,
  entropyLayers,
  firstPassName,
  groupName,
  isPointwise,
  type PlacedLayer,
  RESULT,
  residualName,
  summaryName,
} from "./entropy-graphs.ts";
export { chain, type EntropyLayer, type EntropyOps, outputChain, tapMask } from "./entropy-ops.ts";
export { type FloatOpsOptions, floatOps, LEAKY_SLOPE, oddSites } from "./float-ops.ts";
export {
  CORRECTION_RANGE,
  type ContextOptions,
  type HyperpriorOutputs,
  LARGEST_LOG_SCALE,
  type Latents,
  quantizeWithContext,
  trainFromLatents,
  trainHyperprior,
} from "./train-hyperprior.ts";
