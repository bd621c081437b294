import { describe, expect, it } from "vitest";
import { chosenLimits, drawnNetwork } from "../../../test/support/drawn-network.ts";
import type { ReferenceArray } from "../../engine/graph/tensor.ts";
import { arrayOf, CounterRandom, defineGraph, evaluate, graphInput, type Tensor } from "../../engine/index.ts";
import { exportOnnx } from "../../engine/onnx/export.ts";
import { openSession } from "../../engine/runtime/session.ts";
import { NETWORK_TYPES } from "../../networks/architecture-table.ts";
import { type EntropyGraph, entropyGraphs, entropyLayers, floatOps } from "../../networks/entropy/index.ts";
import { ParameterScope } from "../../networks/parameters.ts";
import { exactOps, exactPositionOps } from "./exact-graph.ts";
import { EXACT_LIMIT, type ExactLayer, proveExact, sumBounds } from "./exact-layer.ts";
import { type ReferenceMap, referenceOps, referenceSequence } from "./exact-reference.ts";
import { quantizeNetworks } from "./quantize-layers.ts";
import { checkSelfTest, selfTestChecksum, selfTestInputs } from "./self-test.ts";

/** Integers uniform in -limit..limit by seed. */
function integers(count: number, limit: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  new CounterRandom(seed).fillUniform(values, 0, 0, -limit - 0.5, limit + 0.5);
  return values.map((value) => Math.round(value) + 0);
}

describe("quantizing trained networks", () => {
  const { network, weights } = drawnNetwork({ type: "mean-scale-hyperprior", N: 8, M: 12 });
  const side = 4;
  const x = integers(8 * side * side, 20, 4);

  it("stays within a thousandth of the float networks' range", () => {
    const seen: Record<string, Tensor> = {};
    const watch = ({ name }: { readonly name: string }, result: Tensor): void => {
      seen[name] = result;
    };
    const ops = floatOps(ParameterScope.frozen(weights), { watch });
    const out = network.hyperSynthesis(ops, graphInput("x", [1, 8, side, side]));
    const float = evaluate(seen, { x });
    const most = (name: string, channels: number): Float64Array => {
      const { data } = float[name] as ReferenceArray;
      const area = data.length / channels;
      return Float64Array.from({ length: channels }, (_, channel) =>
        data.subarray(channel * area, (channel + 1) * area).reduce((a, value) => Math.max(a, Math.abs(value)), 0),
      );
    };
    const activations = new Map([
      ["hs.deconv0", most("hs.deconv0", 12)],
      ["hs.deconv1", most("hs.deconv1", 18)],
    ]);
    const quantized = quantizeNetworks(network, weights, { z: 20, latents: new Float64Array(12), activations });
    const layers = [...quantized.layers.values()];
    for (const layer of layers) proveExact(layer, "test");
    // The finest unit was taken: in most channels twice as fine would break the bound.
    for (const layer of layers) expect(Math.max(...sumBounds(layer))).toBeGreaterThan(EXACT_LIMIT / 2);
    const exact = referenceSequence({ channels: 8, height: side, width: side, data: Float64Array.from(x) }, layers);
    const wanted = evaluate({ out }, { x }).out.data;
    const range = wanted.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
    const error = Math.sqrt(wanted.reduce((sum, value, i) => sum + (value - exact.data[i]!) ** 2, 0) / wanted.length);
    expect(range).toBeGreaterThan(5);
    expect(error).toBeLessThan(0.003 * range);
  });

  it("refuses missing weights and weights that no unit can hold", () => {
    const limits = chosenLimits(network);
    const without = new Map([...weights].filter(([name]) => name !== "hs.deconv1.bias"));
    const refused = expect.objectContaining({ code: "bad-weights" });
    expect(() => quantizeNetworks(network, without, limits)).toThrow(refused);
    const huge = new Map(weights).set("hs.conv2.bias", { shape: [24], data: new Float32Array(24).fill(1e30) });
    expect(() => quantizeNetworks(network, huge, limits)).toThrow(refused);
  });

  it("gives a channel that never fires a silent one", () => {
    const limits = chosenLimits(network);
    limits.activations.get("hs.deconv0")?.fill(0);
    for (const layer of quantizeNetworks(network, weights, limits).layers.values()) proveExact(layer, "test");
  });
});

describe.each(NETWORK_TYPES.filter((type) => type !== "factorized-prior"))("the exact graphs of %s", (type) => {
  const { network, weights } = drawnNetwork({ type, N: 10, M: 10 });
  const { layers } = quantizeNetworks(network, weights, chosenLimits(network));

  /** What onnxruntime computes, ordered by channel. */
  const engineResult = async (graph: EntropyGraph, exact: typeof layers): Promise<Float32Array> => {
    const isMap = graph.layout === "maps";
    const inputs = selfTestInputs(graph, layers).map(({ name, channels, side, data }) => {
      const area = side * side;
      const feed = isMap
        ? Float32Array.from(data)
        : Float32Array.from(data, (_, i) => data[(i % channels) * area + Math.floor(i / channels)]!);
      return { name, feed, shape: isMap ? [1, channels, side, side] : [1, 1, area, channels] };
    });
    const tensors = new Map(inputs.map(({ name, shape }) => [name, graphInput(name, shape)]));
    const odd = graphInput("odd", [1, 1, 4, 4]);
    const ops = isMap ? exactOps(exact, odd) : exactPositionOps(exact);
    const session = await openSession(
      exportOnnx(defineGraph({ out: graph.build(ops, (name) => tensors.get(name) as Tensor) }), {
        openImageSize: true,
      }),
    );
    const feeds = new Map(inputs.map(({ name, feed, shape }) => [name as string, { data: feed, shape }]));
    const sites = Float32Array.from({ length: 16 }, (_, i) => ((i >> 2) + i) & 1);
    if (graph.checkerboard) feeds.set("odd", { data: sites, shape: [1, 1, 4, 4] });
    const out = arrayOf(await session.run(feeds), "out").data;
    await session.close();
    const rows = out.length / graph.channels;
    if (isMap) return out;
    return out.map((_, i) => out[(i % rows) * graph.channels + Math.floor(i / rows)]!);
  };

  it("give the integers of plain loops, and the self-test tells one changed weight", async () => {
    for (const graph of entropyGraphs(network)) {
      const inputs = selfTestInputs(graph, layers);
      const largest = Math.max(...[...layers.values()].map(({ inputLimit }) => inputLimit));
      for (const { data } of inputs) expect(Math.max(...data)).toBeGreaterThan(0.7 * largest);
      const maps = new Map(
        inputs.map(({ name, channels, side, data }): [string, ReferenceMap] => {
          const [height, width] = graph.layout === "maps" ? [side, side] : [side * side, 1];
          return [name, { channels, height, width, data: Float64Array.from(data) }];
        }),
      );
      const expected = graph.build(referenceOps(layers, graph.layout), (name) => maps.get(name) as ReferenceMap);
      const out = await engineResult(graph, layers);
      expect(Float64Array.from(out, (value) => value + 0)).toEqual(expected.data.map((value) => value + 0));
      expect(new Set(out).size, graph.name).toBeGreaterThan(out.length / 10);

      const checksum = selfTestChecksum(graph, layers);
      checkSelfTest(graph.name, checksum, out);
      const used = [...entropyLayers(network).values()].findLast(({ layer: { name }, result }) => {
        const seen: string[] = [];
        const record = (_: number, layer: { readonly name: string; readonly channels: number }) => {
          seen.push(layer.name);
          return layer.channels;
        };
        const count = { concat: () => 0, slice: () => 0, atOddSites: () => 0, zeros: () => 0 };
        graph.build({ layer: record, output: record, ...count }, () => 0);
        return seen.includes(name) && (result === "real" || /^(hyper-synthesis|summary)/.test(graph.name));
      });
      const name = used?.layer.name as string;
      const last = layers.get(name) as ExactLayer;
      // Whatever the shift, the bias of a whole output step shows.
      const bias = last.bias.map((value, i) => (i === 0 ? value - 2 ** -last.exponents[0]! : value));
      const changed = new Map(layers).set(name, { ...last, bias });
      expect(selfTestChecksum(graph, changed), name).not.toBe(checksum);
      expect(() => checkSelfTest(graph.name, checksum + 1, out)).toThrow(
        expect.objectContaining({ code: "inexact-engine" }),
      );
    }
  });
});
