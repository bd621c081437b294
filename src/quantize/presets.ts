/** Pairs of surrogates that have a name of their own. */
import type { SurrogateId } from "./surrogate.ts";

/** A pair of surrogates, and for two-stage training when the second stage begins. */
export interface SurrogatePreset {
  readonly rate: SurrogateId;
  readonly distortion: SurrogateId;
  /** Fraction of the steps after which the encoder is frozen and both paths round. */
  readonly hardFrom?: number;
  readonly title: string;
  readonly source: string;
}

/** Names of the presets. */
export type PresetId = "mixed" | "soft-then-hard";

/**
 * The presets. The point at which `soft-then-hard` changes over, 0.96, is that of the public code of Tsubota and Aizawa's comparison: 960,000 of
 * 1,000,000 steps.
 */
export const SURROGATE_PRESETS: Readonly<Record<PresetId, SurrogatePreset>> = {
  mixed: {
    rate: "aun",
    distortion: "ste",
    title: "noise for the rate, rounding for the distortion",
    source: "Minnen, Singh, ICIP 2020",
  },
  "soft-then-hard": {
    rate: "aun",
    distortion: "aun",
    hardFrom: 0.96,
    title: "noise first; then the encoder is frozen, and decoder and entropy model learn from rounded latents",
    source: "Guo, Zhang, Feng, Chen, ICML 2021",
  },
};
