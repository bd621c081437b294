/** Small networks with a hyper-latent, for tests of the effort: one of each context, and our own. */
import type { NetworkConfig } from "../../src/networks/architecture-table.ts";

/** Our own, of variable rate, with channels that may be left out. */
export const HALFSTEP: NetworkConfig = {
  type: "halfstep",
  N: 8,
  M: 12,
  structure: { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 4, bypass: true, core: 8, knots: 7 },
};

/** All of them. */
export const NETWORKS: readonly NetworkConfig[] = [
  HALFSTEP,
  { type: "mean-scale-hyperprior", N: 8, M: 12 },
  { type: "joint-autoregressive", N: 8, M: 12 },
  { type: "elic", N: 8, M: 32 },
];
