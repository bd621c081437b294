/** How the commands on models show what a model says about itself. */
import type { ModelInfo } from "../../node.ts";

/** What `<model>` may be, for the help of a command. */
export const MODEL_ARGUMENT = "name of a shipped model, or path or URL of a model file";

/** The fields that are shown, in the order they are shown. */
export function describeModel({ name, identity, network, lambda, lambdaRange, distortion, byteLength }: ModelInfo): {
  readonly name: string;
  readonly identity: string;
  readonly network: { readonly type: string; readonly N: number; readonly M: number };
  readonly lambda: number;
  readonly lambdaRange: readonly [number, number] | null;
  readonly distortion: string;
  readonly bytes: number;
} {
  return {
    name,
    identity,
    network: { type: network.type, N: network.N, M: network.M },
    lambda,
    lambdaRange,
    distortion,
    bytes: byteLength,
  };
}

/** The weight of the distortion, or the range of a model of variable rate. */
export function lambdaText({ lambda, lambdaRange }: Pick<ModelInfo, "lambda" | "lambdaRange">): string {
  return lambdaRange === null ? String(lambda) : lambdaRange.join("..");
}

/** Millions of bytes, with two decimals. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
