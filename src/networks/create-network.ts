/** From a configuration to a network. */
import { ARCHITECTURES, type NetworkConfig } from "./architecture-table.ts";
import type { Network } from "./network.ts";

/**
 * The network of a configuration.
 * @throws {RangeError} if a width is not a positive integer, the network does not exist in these widths, or the type is unknown.
 */
export function createNetwork(config: NetworkConfig): Network {
  for (const name of ["N", "M"] as const) {
    if (!Number.isInteger(config[name]) || config[name] < 1) {
      throw new RangeError(`createNetwork: got ${name} = ${config[name]}, expected a positive integer`);
    }
  }
  if (!Object.hasOwn(ARCHITECTURES, config.type)) {
    throw new RangeError(
      `createNetwork: got type "${config.type}", expected one of ${Object.keys(ARCHITECTURES).join(", ")}`,
    );
  }
  const { build, defaultStructure } = ARCHITECTURES[config.type];
  if (config.structure !== undefined && defaultStructure === undefined) {
    throw new RangeError(
      `createNetwork: got a structure for ${config.type}, expected one only where there is a choice`,
    );
  }
  return build(config);
}

/** Why a configuration does not make a network; null if it does. */
export function networkProblem(config: NetworkConfig): string | null {
  try {
    createNetwork(config);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
