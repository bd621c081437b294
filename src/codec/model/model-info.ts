/** What a model says about itself to people and programs, without being run. */
import { hex } from "../../hex.ts";
import type { NetworkConfig } from "../../networks/architecture-table.ts";
import type { Model } from "./model.ts";

/** What there is to know of a model without running it. */
export interface ModelInfo {
  /** Short name; a shipped model is found by it. */
  readonly name: string;
  /** SHA-256 of the model file, 64 hexadecimal digits; a stream names the first 16. */
  readonly identity: string;
  readonly network: NetworkConfig;
  /** Weight of the distortion in training: the larger, the better and the larger the files. */
  readonly lambda: number;
  /** The least and the greatest weight that a network of variable rate was trained for; null for one of fixed rate. */
  readonly lambdaRange: readonly [number, number] | null;
  /** What that distortion was; a lambda means nothing without it. */
  readonly distortion: "mse" | "ms-ssim";
  /** False for weights that were drawn, and not trained: such a model promises nothing. */
  readonly isTrained: boolean;
  /** Length of the model file. */
  readonly byteLength: number;
}

/** What a model's distortion was in training. */
export function modelDistortion({ training }: Model): ModelInfo["distortion"] {
  // Runs store "mse" as absence (train/config.ts).
  const { distortion } = (training.config ?? {}) as { readonly distortion?: unknown };
  return distortion === "ms-ssim" ? "ms-ssim" : "mse";
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
