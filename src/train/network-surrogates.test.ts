/**
 * Every surrogate trains every network: one step of each pair, and where its gradient arrives. By the reference in float64: to open so
 * many graphs in onnxruntime takes minutes, and that it computes what the reference does is proved elsewhere (each surrogate in
 * surrogate-training.test.ts, each network in network-commands.test.ts).
 */
import { describe, expect, it } from "vitest";
import { arrayOf, CounterRandom, elementCount, evaluate } from "../engine/index.ts";
import { entropyLayers } from "../networks/entropy/index.ts";
import {
  createNetwork,
  initializeParameters,
  NETWORK_TYPES,
  type NetworkConfig,
  type NetworkType,
} from "../networks/index.ts";
import { inputNames } from "../objective/input-names.ts";
import { SURROGATE_PRESETS, SURROGATES, surrogateName } from "../quantize/index.ts";
import { validateConfig } from "./parse-config.ts";
import { trainingQualities } from "./quality-inputs.ts";
import { trainingGraph } from "./training-graph.ts";

const SIDE = 64;
const WIDTHS: Readonly<Partial<Record<NetworkType, Omit<NetworkConfig, "type">>>> = {
  "channel-conditional": { N: 2, M: 20 },
  "cheng2020-anchor": { N: 4, M: 4 },
  "cheng2020-attention": { N: 4, M: 4 },
  elic: { N: 4, M: 5 },
  halfstep: {
    N: 4,
    M: 4,
    structure: { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 4 },
  },
};
const NETWORKS: readonly NetworkConfig[] = NETWORK_TYPES.map((type) => ({ type, N: 3, M: 4, ...WIDTHS[type] }));
/** All surrogates on both paths, and the pairs that have a name. */
const CHOICES: readonly (readonly [string, object | string])[] = [
  ...SURROGATES.map((surrogate) => {
    const choice = { id: surrogate.id, ...(surrogate.form === null ? {} : { form: surrogate.form }) };
    return [`${surrogateName(surrogate)} on both paths`, { rate: choice, distortion: choice }] as const;
  }),
  ...Object.keys(SURROGATE_PRESETS).map((preset) => [preset, preset] as const),
];

/** A picture of waves with an edge, [1, 3, 64, 64] in 0..1. */
const image = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [x, y, plane] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
  return 0.5 + 0.3 * Math.sin(x / 3 + plane) * Math.cos(y / 5) + (x > y ? 0.15 : -0.15);
});

describe.each(NETWORKS)("$type", (network) => {
  it.each(CHOICES)("learns in every part with %s", (_, surrogate) => {
    const config = validateConfig({ data: "unused", network, surrogate, batch: 1, steps: 10, emaDecay: 0 });
    const { graph, parameters, inputs, scheduled, variableRate } = trainingGraph({ ...config, crop: SIDE });
    const built = createNetwork(network);
    const layers = built.coding === "hyperprior" ? [...entropyLayers(built).values()] : [];
    const weights = initializeParameters(parameters, 1);
    for (const { layer, result } of layers) {
      // Fresh scales lie under their bound, where a gradient that would lower them ends, and rectifiers of one channel may be shut.
      arrayOf(weights, `${layer.name}.bias`).data.fill(result === "real" ? 1 : 0.3);
    }
    const feeds: Record<string, Float32Array> = {
      image,
      "step-size": Float32Array.of(1e-3),
      epsilon: Float32Array.of(1e-8),
    };
    for (const { name, shape } of parameters) {
      feeds[inputNames.weight(name)] = arrayOf(weights, name).data;
      feeds[inputNames.firstMoment(name)] = new Float32Array(elementCount(shape));
      feeds[inputNames.secondMoment(name)] = new Float32Array(elementCount(shape));
    }
    for (const { input, shape, stream } of inputs.noise) {
      feeds[input] = new Float32Array(elementCount(shape));
      new CounterRandom(1).fillUniform(feeds[input], 0, stream);
    }
    if (variableRate) {
      for (const [input, { data }] of trainingQualities(config, new CounterRandom(1), 0)) feeds[input] = data;
    }
    for (const { input, valueAt } of scheduled) feeds[input] = Float32Array.of(valueAt(0));
    const results = evaluate(Object.fromEntries(graph.outputs), feeds);
    for (const [name, { data }] of Object.entries(results)) {
      expect(data.every(Number.isFinite), name).toBe(true);
    }
    /** Whether a gradient came to a layer: after one step, the first moment is a part of it. */
    const reached = (scope: string): boolean =>
      parameters.some(({ name }) => {
        if (!name.startsWith(`${scope}.`)) return false;
        return results[`next/${inputNames.firstMoment(name)}`]?.data.some((value) => value !== 0) === true;
      });
    const density = built.coding === "hyperprior" ? built.zDensity : built.yDensity;
    const scopes = ["ga", "gs", density, ...built.encoderScopes, ...layers.map(({ layer }) => layer.name)];
    expect(scopes.filter((scope) => !reached(scope))).toEqual([]);
  });
});
