/**
 * A trained model as a codec needs it: which network, its weights, and the integer tables that code its symbols.
 *
 * Tables are made once, when a model is packaged (`model-tables.ts`), and travel with the weights (`model-file.ts`): readers
 * and writers of streams never compute a probability.
 */
import type { NetworkConfig } from "../../networks/network.ts";
import type { WeightArray } from "../../networks/parameters.ts";
import type { FrequencyTableSet } from "../entropy/table-set.ts";
import type { ExactLayer } from "../exact/exact-layer.ts";

/** What a model says about itself, without its weights. */
export interface ModelDescription {
  /** Short name, such as `hyperprior-64-013`; letters, digits, dots and hyphens. */
  readonly name: string;
  readonly network: NetworkConfig;
  /** The loss of training was bits per pixel + lambda * 255^2 * mean squared error of 0..1 pixels. */
  readonly lambda: number;
  /** Smallest scale of the Gaussian conditional, in quantization steps. */
  readonly scaleBound: number;
  /** What the weights were trained with, for people: the whole configuration of the run and how far it went. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** Tables of a network that codes y with one density per channel: table = channel. */
export interface FactorizedTables {
  readonly coding: "factorized";
  readonly y: FrequencyTableSet;
}

/** Tables of a network with a hyper-latent. */
export interface MeanScaleTables {
  readonly coding: "mean-scale";
  /** One table for each channel of z. */
  readonly z: FrequencyTableSet;
  /** One table for each level of the scale. */
  readonly y: FrequencyTableSet;
  /** `[levels - 1]`, ascending: a scale is of level i if exactly i of these are at or below it. Float32 values. */
  readonly thresholds: Float64Array;
}

/** Tables by the network's `coding`. */
export type ModelTables = FactorizedTables | MeanScaleTables;

/** The networks that encoder and decoder must compute alike, as integers, with the checksum of their self-test. */
export interface ExactHyperSynthesis {
  readonly layers: readonly ExactLayer[];
  /** CRC-32 that `selfTestChecksum` gives. */
  readonly selfTest: number;
}

/** A model in memory. */
export interface Model extends ModelDescription {
  /** By dotted name, as the network's `ParameterScope` asks for them. */
  readonly weights: ReadonlyMap<string, WeightArray>;
  readonly tables: ModelTables;
  /** null for a network without hyper-latent. The weights do not hold the parameters that these layers replace. */
  readonly hyperSynthesis: ExactHyperSynthesis | null;
}
