/** How the commands on models show what a model says about itself. */
import type { ModelInfo } from "../../node.ts";

/** What `<model>` may be, for the help of a command. */
export const MODEL_ARGUMENT = "name of a shipped model, or path or URL of a model file";

/** The fields that are shown, in the order they are shown. */
export function describeModel({ name, identity, network, lambda, distortion, byteLength }: ModelInfo): {
  readonly name: string;
  readonly identity: string;
  readonly network: { readonly type: string; readonly N: number; readonly M: number };
  readonly lambda: number;
  readonly distortion: string;
  readonly bytes: number;
} {
  return {
    name,
    identity,
    network: { type: network.type, N: network.N, M: network.M },
    lambda,
    distortion,
    bytes: byteLength,
  };
}

/** Millions of bytes, with two decimals. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
