/** The architectures by name. Each has its own file, and one name and one line here. */
import type { Architecture } from "./architecture.ts";
import { channelConditional } from "./architectures/channel-conditional.ts";
import { cheng2020Anchor, cheng2020Attention } from "./architectures/cheng2020.ts";
import { elic } from "./architectures/elic.ts";
import { factorizedPrior } from "./architectures/factorized-prior.ts";
import { halfstep } from "./architectures/halfstep.ts";
import { jointAutoregressive } from "./architectures/joint-autoregressive.ts";
import { meanScaleHyperprior } from "./architectures/mean-scale-hyperprior.ts";
import { scaleHyperprior } from "./architectures/scale-hyperprior.ts";
import type { NetworkSizes } from "./network.ts";

/** All networks, from the simplest to the one with the best context model. */
export const NETWORK_TYPES = [
  "factorized-prior",
  "scale-hyperprior",
  "mean-scale-hyperprior",
  "joint-autoregressive",
  "channel-conditional",
  "cheng2020-anchor",
  "cheng2020-attention",
  "elic",
  "halfstep",
] as const;

/** Name of a network. */
export type NetworkType = (typeof NETWORK_TYPES)[number];

/** Which network, and how wide. */
export interface NetworkConfig extends NetworkSizes {
  readonly type: NetworkType;
}

/** The record of each architecture. */
export const ARCHITECTURES: Readonly<Record<NetworkType, Architecture>> = {
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

/** Widths in which a network is usually published. */
export const USUAL_WIDTHS: Readonly<Record<NetworkType, Architecture["usualWidths"]>> = Object.fromEntries(
  NETWORK_TYPES.map((type) => [type, ARCHITECTURES[type].usualWidths]),
) as Record<NetworkType, Architecture["usualWidths"]>;
