/** The networks' public face. */
export { createNetwork } from "./create-network.ts";
export { initializeParameters } from "./initialize-parameters.ts";
export type { Network, NetworkConfig, TrainOptions, TrainOutputs } from "./network.ts";
export { ParameterScope, type ParameterSpec, type WeightArray } from "./parameters.ts";
