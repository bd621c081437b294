/** The two passes of a checkerboard: who has the second one needs no results of the first at the even sites. */
import { describe, expect, it } from "vitest";
import { CounterRandom, constant, elementCount, evaluate, type Shape, type Tensor } from "../../engine/index.ts";
import type { NetworkConfig } from "../architecture-table.ts";
import { createNetwork } from "../create-network.ts";
import { initializeParameters } from "../initialize-parameters.ts";
import type { CodingGroup, HyperpriorNetwork } from "../network.ts";
import { ParameterScope, parameterInputName } from "../parameters.ts";
import { floatOps, oddSites } from "./float-ops.ts";

const [HEIGHT, WIDTH] = [5, 6];

const NETWORKS: readonly NetworkConfig[] = [
  { type: "halfstep", N: 4, M: 8, structure: { wide: 8, analysis: [0, 0], synthesis: [0, 0], steps: 4 } },
  { type: "elic", N: 12, M: 10 },
];

function drawn(channels: number, stream: number): Tensor {
  const shape: Shape = [1, channels, HEIGHT, WIDTH];
  const data = new Float32Array(elementCount(shape));
  new CounterRandom(7).fillUniform(data, 0, stream, -2, 2);
  return constant(data, shape);
}

/** Scales and means of both passes of a group. */
function passesOf(network: HyperpriorNetwork, { start, end, summary, parameters }: CodingGroup) {
  const scope = ParameterScope.training();
  const ops = floatOps(scope);
  const features = drawn(network.featureChannels, 0);
  const known = summary === undefined ? null : summary.build(ops, drawn(start, 1));
  const first = parameters(ops, features, known, null);
  const second = parameters(ops, features, known, drawn(end - start, 2));
  const values = [...initializeParameters(scope.specs, 3)];
  return evaluate(
    { first, second },
    Object.fromEntries(values.map(([name, { data }]) => [parameterInputName(name), data])),
  );
}

describe.each(NETWORKS)("the second pass of a checkerboard, of $type", (config) => {
  const network = createNetwork(config) as HyperpriorNetwork;
  const groups = network.context.kind === "groups" ? network.context.groups.filter((group) => group.checkerboard) : [];

  it.each(groups)(
    "gives what the first gives at the even sites, and something else at the odd ones (from $start)",
    (group) => {
      const { first, second } = passesOf(network, group);
      const odd = oddSites(HEIGHT, WIDTH);
      const differs = [0, 0];
      for (const [i, value] of second.data.entries()) {
        if (value !== first.data[i]) differs[odd[i % odd.length]!]!++;
      }
      expect(differs).toEqual([0, (second.data.length / odd.length) * odd.reduce((sum, site) => sum + site, 0)]);
    },
  );

  it("has checkerboards", () => {
    expect(groups.length).toBeGreaterThan(1);
  });
});
