/** Names by which weights go into graphs and their gradients come out. */
import type { ParameterSpec } from "../../networks/index.ts";
import { parameterInputName } from "../../networks/parameters.ts";

/** Name of the output that is the gradient of a parameter. */
export function gradientOutput(name: string): string {
  return `gradient/${name}`;
}

/** Weights as feeds of a graph that has some of them. */
export function weightFeeds<Value>(
  parameters: readonly ParameterSpec[],
  weights: ReadonlyMap<string, Value>,
): (readonly [string, Value])[] {
  return parameters.map(({ name }) => {
    const weight = weights.get(name);
    if (weight === undefined) throw new Error(`internal: no weights for ${name}`);
    return [parameterInputName(name), weight] as const;
  });
}
