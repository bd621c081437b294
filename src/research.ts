/**
 * The parts of training, for programs that try their own surrogate, network or loss: graphs with gradients, surrogates of rounding, layers,
 * densities, and a session that runs a graph. `examples/own-surrogate.mjs` and `examples/own-network.mjs` use this entry.
 *
 * These are the project's own building blocks, and they change with it: a minor version may rename them. The codec's entry (`halfstep`) is stable.
 */
export * from "./engine/index.ts";
export { openGraphOn } from "./engine/runtime/open-graph.ts";
export type { Device } from "./engine/runtime/session.ts";
export { factorizedDensity } from "./networks/densities/deep-factorized.ts";
export {
  createNetwork,
  initializeParameters,
  type Network,
  ParameterScope,
  type ParameterSpec,
  type TrainOptions,
  type TrainOutputs,
} from "./networks/index.ts";
export { type ConvOptions, conv, deconv } from "./networks/layers/conv.ts";
export { gdn, inverseGdn } from "./networks/layers/gdn.ts";
export { type QuantizedLatent, type QuantizeLatentOptions, quantizeLatent } from "./networks/quantize-latent.ts";
export {
  type BuiltObjective,
  buildObjective,
  type ObjectiveGraph,
  objectiveGraph,
  weightFeeds,
} from "./objective/build-objective.ts";
export { inputNames, outputNames } from "./objective/input-names.ts";
export { networkObjective } from "./objective/network-objective.ts";
export { type SurrogateChoices, SurrogateInputs } from "./objective/surrogate-inputs.ts";
export * from "./quantize/index.ts";
