/**
 * A trained model as a codec needs it: which network, its weights, and the integer tables that code its symbols.
 *
 * Tables are made once, when a model is packaged (`model-tables.ts`), and travel with the weights (`model-file.ts`): readers
 * and writers of streams never compute a probability.
 */
import type { FloatArray } from "../../engine/index.ts";
import type { NetworkConfig } from "../../networks/architecture-table.ts";
import type { FrequencyTableSet } from "../entropy/table-set.ts";
import type { ExactLayer } from "../exact/exact-layer.ts";

/** What a model says about itself, without its weights. */
export interface ModelDescription {
  /** Short name, such as `halfstep-1`; letters, digits, dots and hyphens. */
  readonly name: string;
  readonly network: NetworkConfig;
  /**
   * Weight of the distortion in the loss of training: bits per pixel + lambda * distortion. The configuration in `training` says which distortion
   * ({@link Distortion}); without a word it is `mse`.
   */
  readonly lambda: number;
  /**
   * For a network of variable rate, and for no other: the least and the greatest lambda that it was trained for. Qualities go from the
   * one to the other (`quality-setting.ts`).
   */
  readonly lambdaRange?: readonly [number, number] | undefined;
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
export interface HyperpriorTables {
  readonly coding: "hyperprior";
  /** One table for each channel of z. */
  readonly z: FrequencyTableSet;
  /** One table for each level of the scale. */
  readonly y: FrequencyTableSet;
  /**
   * `[levels - 1]`, ascending: a scale is of level i if exactly i of these are at or below it. Natural logarithms of scales for a network
   * that predicts those (`scaleForm`). Float32 values.
   */
  readonly thresholds: Float64Array;
}

/** Tables by the network's `coding`. */
export type ModelTables = FactorizedTables | HyperpriorTables;

/** The networks that encoder and decoder must compute alike, as integers, with the checksums of their self-test. */
export interface ExactNetworks {
  /** By the name that the network gives them. */
  readonly layers: ReadonlyMap<string, ExactLayer>;
  /** `[M]`, for networks with a context: y^ enters it as the level round(y^ * 2^exponent). Else null. */
  readonly latentExponents: Int8Array | null;
  /** For networks that predict the residual of a latent: the table of `correction.ts`. Else null. */
  readonly corrections: Float32Array | null;
  /** The CRC-32 of `selfTestChecksum` for each graph. */
  readonly selfTest: ReadonlyMap<string, number>;
}

/** A model in memory. */
export interface Model extends ModelDescription {
  /** By dotted name, as the network's `ParameterScope` asks for them. */
  readonly weights: ReadonlyMap<string, FloatArray>;
  /** Of weights that are integers of -127..127 times these scales (`networks/int8-kernels.ts`): the file holds the integers. */
  readonly int8Scales?: ReadonlyMap<string, Float32Array> | undefined;
  readonly tables: ModelTables;
  /** null for a network without hyper-latent. The weights do not hold the parameters that these layers replace. */
  readonly exact: ExactNetworks | null;
}
