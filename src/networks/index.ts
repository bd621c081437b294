/** The networks' public face. */

export {
  ARCHITECTURES,
  NETWORK_TYPES,
  type NetworkConfig,
  type NetworkType,
  USUAL_WIDTHS,
} from "./architecture-table.ts";
export { createNetwork, networkProblem } from "./create-network.ts";
export { initializeParameters } from "./initialize-parameters.ts";
export type { Network, NetworkSizes, TrainOptions, TrainOutputs } from "./network.ts";
export { type NetworkCost, networkCost, type PartCost } from "./network-cost.ts";
export { ParameterScope, type ParameterSpec } from "./parameters.ts";
export { trainNetwork } from "./train-network.ts";
