/** From a configuration to a network: the one list of the architectures. */
import { factorizedPrior } from "./architectures/factorized-prior.ts";
import { meanScaleHyperprior } from "./architectures/mean-scale-hyperprior.ts";
import type { Network, NetworkConfig } from "./network.ts";

const ARCHITECTURES: Readonly<Record<NetworkConfig["type"], (config: NetworkConfig) => Network>> = {
  "factorized-prior": factorizedPrior,
  "mean-scale-hyperprior": meanScaleHyperprior,
};

/** The network of a configuration. @throws {RangeError} if a width is not a positive integer or the type is unknown. */
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
  return ARCHITECTURES[config.type](config);
}
