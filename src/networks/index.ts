/** The networks' public face. */
export { createNetwork, networkProblem } from "./create-network.ts";
export { initializeParameters } from "./initialize-parameters.ts";
export type { Network, NetworkConfig, TrainOptions, TrainOutputs } from "./network.ts";
export { NETWORK_TYPES, type NetworkType } from "./network.ts";
export { type NetworkCost, networkCost, type PartCost, USUAL_WIDTHS } from "./network-cost.ts";
export { ParameterScope, type ParameterSpec } from "./parameters.ts";
