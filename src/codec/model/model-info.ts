/** The description of a model for people and programs. The model is not run for it. */
import { DISTORTIONS, type Distortion } from "../../distortion.ts";
import { hex } from "../../hex.ts";
import type { NetworkConfig } from "../../networks/architecture-table.ts";
import type { Model } from "./model.ts";

/** What is known of a model without running it. */
export interface ModelInfo {
  /** Short name. A shipped model is found by it. */
  readonly name: string;
  /** SHA-256 of the model file, 64 hexadecimal digits. A stream names the first 16. */
  readonly identity: string;
  readonly network: NetworkConfig;
  /** Weight of the distortion in training. A larger one gives better pictures and larger files. */
  readonly lambda: number;
  /** The smallest and the largest weight that a model of variable rate was trained for; null for a model of fixed rate. */
  readonly lambdaRange: readonly [number, number] | null;
  /** The distortion of the training. A lambda means nothing without it. */
  readonly distortion: Distortion;
  /** False for weights that were drawn at random, not trained. */
  readonly isTrained: boolean;
  /** Length of the model file. */
  readonly byteLength: number;
}

/** The distortion that a model was trained for. */
export function modelDistortion({ training }: Pick<Model, "training">): ModelInfo["distortion"] {
  // Runs store "mse" as absence (train/config.ts).
  const { distortion } = (training.config ?? {}) as { readonly distortion?: unknown };
  return DISTORTIONS.find((known) => known === distortion) ?? "mse";
}

/** The information on a model whose file has the given SHA-256 (`[32]`) and length in bytes. */
export function modelInfo(model: Model, identity: Uint8Array, byteLength: number): ModelInfo {
  const { name, network, lambda, lambdaRange, training } = model;
  return {
    name,
    identity: hex(identity),
    network,
    lambda,
    lambdaRange: lambdaRange ?? null,
    distortion: modelDistortion(model),
    isTrained: Object.keys(training).length > 0,
    byteLength,
  };
}
