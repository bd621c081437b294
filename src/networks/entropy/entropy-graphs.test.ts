/** Which entropy networks compute each site of a map from the same site alone. */
import { describe, expect, it } from "vitest";
import type { NetworkConfig } from "../architecture-table.ts";
import { createNetwork } from "../create-network.ts";
import type { HyperpriorNetwork } from "../network.ts";
import { entropyGraphs, isPointwise } from "./index.ts";

const SHIPPED: NetworkConfig = {
  type: "halfstep",
  N: 128,
  M: 768,
  structure: { wide: 192, analysis: [3, 3], synthesis: [2, 3], steps: 4, bypass: true, core: 320, knots: 9 },
};

describe("isPointwise", () => {
  it.each<[string, NetworkConfig, readonly string[]]>([
    ["halfstep", SHIPPED, ["first0", "first1", "summary2", "group2"]],
    ["elic", { type: "elic", N: 32, M: 48 }, ["first0", "first1", "first2", "first3", "first4"]],
    ["scale-hyperprior", { type: "scale-hyperprior", N: 32, M: 48 }, []],
  ])("of %s", (_, config, names) => {
    const network = createNetwork(config) as HyperpriorNetwork;
    const found = entropyGraphs(network).filter((graph) => isPointwise(graph, network));
    expect(found.map(({ name }) => name)).toEqual(names);
  });
});
