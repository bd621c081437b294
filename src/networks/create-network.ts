/** From a configuration to a network: the one list of the architectures. */
import { channelConditional } from "./architectures/channel-conditional.ts";
import { cheng2020Anchor, cheng2020Attention } from "./architectures/cheng2020.ts";
import { elic } from "./architectures/elic.ts";
import { factorizedPrior } from "./architectures/factorized-prior.ts";
import { halfstep } from "./architectures/halfstep.ts";
import { jointAutoregressive } from "./architectures/joint-autoregressive.ts";
import { meanScaleHyperprior } from "./architectures/mean-scale-hyperprior.ts";
import { scaleHyperprior } from "./architectures/scale-hyperprior.ts";
import type { Network, NetworkConfig, NetworkType } from "./network.ts";

const ARCHITECTURES: Readonly<Record<NetworkType, (config: NetworkConfig) => Network>> = {
  "factorized-prior": factorizedPrior,
  "scale-hyperprior": scaleHyperprior,
  "mean-scale-hyperprior": meanScaleHyperprior,
  "joint-autoregressive": jointAutoregressive,
  "channel-conditional": channelConditional,
  "cheng2020-anchor": cheng2020Anchor,
  "cheng2020-attention": cheng2020Attention,
  elic,
  halfstep,
};

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
  if (config.structure !== undefined && config.type !== "halfstep") {
    throw new RangeError(`createNetwork: got a structure for ${config.type}, expected one only for halfstep`);
  }
  return ARCHITECTURES[config.type](config);
}

/** Why there is no network of a configuration, or null if there is one. */
export function networkProblem(config: NetworkConfig): string | null {
  try {
    createNetwork(config);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
