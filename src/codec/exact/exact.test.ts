import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CounterRandom, defineGraph, evaluate, graphInput, type Tensor } from "../../engine/index.ts";
import { exportOnnx } from "../../engine/onnx/export.ts";
import { openSession } from "../../engine/runtime/session.ts";
import { createNetwork } from "../../networks/create-network.ts";
import { type EntropyGraph, entropyGraphs, entropyLayers, floatOps } from "../../networks/entropy/index.ts";
import { type HyperpriorNetwork, NETWORK_TYPES, type NetworkConfig } from "../../networks/network.ts";
import { ParameterScope, type WeightArray } from "../../networks/parameters.ts";
import { exactOps, exactPositionOps, exactSequence } from "./exact-graph.ts";
import { EXACT_LIMIT, type ExactLayer, proveExact, sumBounds } from "./exact-layer.ts";
import { type ReferenceMap, referenceOps, referenceSequence } from "./exact-reference.ts";
import { type CalibratedLimits, quantizeNetworks } from "./quantize-layers.ts";
import { checkSelfTest, selfTestChecksum, selfTestInputs } from "./self-test.ts";

/** Integers uniform in -limit..limit by seed. */
function integers(count: number, limit: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  new CounterRandom(seed).fillUniform(values, 0, 0, -limit - 0.5, limit + 0.5);
  return values.map((value) => Math.round(value) + 0);
}

interface Shape {
  readonly kind: ExactLayer["kind"];
  readonly stride: number;
  readonly kernel: number;
  readonly inputChannels: number;
  readonly channels: number;
}

/** A layer whose sums come as near to 2^24 as its weights allow: the bias takes what is left of the bound. */
function layerAtTheEdge(shape: Shape, activation: ExactLayer["activation"], seed: number): ExactLayer {
  // Odd seeds: nothing cancels, so that sums come near the bound themselves.
  const aligned = seed % 2 === 1;
  const { channels, inputChannels, kernel } = shape;
  const count = channels * inputChannels * kernel ** 2;
  const inputLimit = 255;
  const weightLimit = Math.min(30_000, Math.floor((0.99 * EXACT_LIMIT) / inputLimit / inputChannels / kernel ** 2));
  const weight = Int16Array.from(integers(count, weightLimit, seed), (value) => (aligned ? Math.abs(value) : value));
  const open: ExactLayer = {
    ...shape,
    inputLimit,
    weight,
    bias: new Int32Array(channels),
    exponents: Int8Array.from(integers(channels, 8, seed + 1), (value) => value - 9),
    activation,
    result: activation === "none" ? "real" : "levels",
  };
  const bias = Int32Array.from(
    sumBounds(open),
    (bound, i) => (aligned || i % 2 === 0 ? 1 : -1) * Math.max(0, EXACT_LIMIT - 1 - bound),
  );
  return { ...open, bias };
}

const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    kind: fc.constant("conv" as const),
    stride: fc.constantFrom(1, 2),
    kernel: fc.constantFrom(1, 3, 5),
    inputChannels: fc.integer({ min: 1, max: 40 }),
    channels: fc.integer({ min: 1, max: 24 }),
  }),
  fc.record({
    kind: fc.constant("deconv" as const),
    stride: fc.constant(2),
    kernel: fc.constantFrom(3, 5),
    inputChannels: fc.integer({ min: 1, max: 40 }),
    channels: fc.integer({ min: 1, max: 24 }),
  }),
  fc.record({
    kind: fc.constant("sub-pixel" as const),
    stride: fc.constant(2),
    kernel: fc.constant(3),
    inputChannels: fc.integer({ min: 1, max: 40 }),
    channels: fc.integer({ min: 1, max: 6 }).map((blocks) => 4 * blocks),
  }),
);

describe("exact layers", () => {
  it("give the same integers on an engine as by plain loops, at the edge of the bound, on one and two threads", async () => {
    const check = async (shape: Shape, seed: number): Promise<void> => {
      const first = layerAtTheEdge(shape, seed % 3 === 0 ? "relu" : "leaky-relu", seed);
      const inputChannels = shape.kind === "sub-pixel" ? shape.channels / 4 : shape.channels;
      const second = layerAtTheEdge(
        { kind: "conv", stride: 1, kernel: 3, inputChannels, channels: 7 },
        "none",
        seed + 5,
      );
      const layers = [first, second];
      for (const layer of layers) proveExact(layer, "test");
      const [height, width] = [6, 10];
      // Beyond the limit here and there: the graph clips.
      const drawn = integers(shape.inputChannels * height * width, 300, seed + 9);
      const x = seed % 2 === 1 ? drawn.map((value) => Math.abs(value)) : drawn;
      const expected = referenceSequence(
        { channels: shape.inputChannels, height, width, data: Float64Array.from(x) },
        layers,
      );
      const input = graphInput("x", [1, shape.inputChannels, height, width]);
      const model = exportOnnx(defineGraph({ out: exactSequence(input, layers) }), { openImageSize: true });
      for (const threads of [1, 2]) {
        const session = await openSession(model, { threads });
        const out = (await session.run(new Map([["x", { data: x, shape: input.shape }]]))).get("out");
        expect(out?.shape).toEqual([1, expected.channels, expected.height, expected.width]);
        expect(Float64Array.from(out?.data ?? [], (value) => value + 0)).toEqual(
          expected.data.map((value) => value + 0),
        );
        await session.close();
      }
    };
    await fc.assert(fc.asyncProperty(shapes, fc.nat(1e6), check), { numRuns: 25 });
  });

  it("reach the bound that is proved: a sum of that size exists", () => {
    for (const kind of ["conv", "deconv"] as const) {
      const layer = layerAtTheEdge({ kind, stride: 2, kernel: 5, inputChannels: 3, channels: 4 }, "none", 7);
      const raw = { ...layer, exponents: new Int8Array(4) };
      const bounds = sumBounds(raw);
      let largest = 0;
      // The sign of every input chosen after one output's weights: its sum is the sum of magnitudes.
      for (const parity of [0, 1, 2, 3]) {
        const side = 8;
        const channel = 0;
        const data = new Float64Array(3 * side * side).fill(0);
        const row = kind === "conv" ? 2 : 8 + (parity >> 1);
        const column = kind === "conv" ? 2 : 8 + (parity & 1);
        for (let input = 0; input < 3; input++) {
          for (let i = 0; i < side * side; i++) {
            const [y, x] = [Math.floor(i / side), i % side];
            const [tapRow, tapColumn] =
              kind === "conv" ? [y - 2 * row + 2, x - 2 * column + 2] : [row - 2 * y + 2, column - 2 * x + 2];
            if (tapRow < 0 || tapRow > 4 || tapColumn < 0 || tapColumn > 4) continue;
            const outer = kind === "conv" ? channel * 3 + input : input * 4 + channel;
            data[input * side * side + i] = 255 * Math.sign(raw.weight[outer * 25 + tapRow * 5 + tapColumn] as number);
          }
        }
        const out = referenceSequence({ channels: 3, height: side, width: side, data }, [raw]);
        largest = Math.max(largest, Math.abs(out.data[row * out.width + column] as number));
      }
      expect(largest).toBe(bounds[0]);
    }
  });

  it("are refused one step beyond the bound, and with fields that do not fit", () => {
    const layer = layerAtTheEdge({ kind: "conv", stride: 1, kernel: 3, inputChannels: 2, channels: 2 }, "none", 3);
    expect(Math.max(...sumBounds(layer))).toBe(EXACT_LIMIT - 1);
    const refused = expect.objectContaining({ code: "not-exact" });
    const beyond = { ...layer, bias: layer.bias.map((value) => value + Math.sign(value)) };
    expect(() => proveExact(beyond, "test")).toThrow(refused);
    expect(() => proveExact({ ...layer, weight: layer.weight.slice(1) }, "test")).toThrow(refused);
    expect(() => proveExact({ ...layer, exponents: Int8Array.of(1, -1) }, "test")).toThrow(refused);
    expect(() => proveExact({ ...layer, inputLimit: 0 }, "test")).toThrow(refused);
    expect(() => proveExact({ ...layer, inputLimit: 1.5 }, "test")).toThrow(refused);
  });
});

/** A network with a hyper-latent and weights drawn for its entropy networks. */
function drawn(config: NetworkConfig): {
  readonly network: HyperpriorNetwork;
  readonly weights: Map<string, WeightArray>;
} {
  const network = createNetwork(config);
  if (network.coding !== "hyperprior") throw new Error("a network without hyper-latent");
  const weights = new Map<string, WeightArray>();
  for (const [i, [name, { layer, inputChannels }]] of [...entropyLayers(network)].entries()) {
    const { kind, kernel, stride = 1 } = layer;
    const channels = layer.channels * (kind === "sub-pixel" ? stride ** 2 : 1);
    const outer = kind === "deconv" ? [inputChannels, channels] : [channels, inputChannels];
    for (const [part, shape] of [["weight", [...outer, kernel, kernel]] as const, ["bias", [channels]] as const]) {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      new CounterRandom(11).fillUniform(data, 0, 2 * i + Number(part === "bias"), -0.3, 0.3);
      weights.set(`${name}.${part}`, { shape, data });
    }
  }
  return { network, weights };
}

/** Limits that were not seen but chosen. */
function chosenLimits(network: HyperpriorNetwork): CalibratedLimits {
  const hidden = [...entropyLayers(network).values()].filter(({ result }) => result === "levels");
  const activations = new Map(hidden.map(({ layer }) => [layer.name, new Float64Array(layer.channels).fill(9)]));
  return { z: 20, latents: new Float64Array(network.config.M).fill(12), activations };
}

describe("quantizing trained networks", () => {
  const { network, weights } = drawn({ type: "mean-scale-hyperprior", N: 8, M: 12 });
  const side = 4;
  const x = integers(8 * side * side, 20, 4);

  it("stays within a thousandth of the float networks' range", () => {
    const seen: Record<string, Tensor> = {};
    const watch = ({ name }: { readonly name: string }, result: Tensor): void => {
      seen[name] = result;
    };
    const ops = floatOps(ParameterScope.frozen(weights), { watch });
    const out = network.hyperSynthesis(ops, graphInput("x", [1, 8, side, side]));
    const float = evaluate({ ...seen, out }, { x });
    const most = (name: string, channels: number): Float64Array => {
      const data = float[name]?.data as Float64Array;
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
    const wanted = float.out?.data as Float64Array;
    const range = wanted.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
    const error = Math.sqrt(
      wanted.reduce((sum, value, i) => sum + (value - (exact.data[i] as number)) ** 2, 0) / wanted.length,
    );
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
  const { network, weights } = drawn({ type, N: 10, M: 10 });
  const { layers } = quantizeNetworks(network, weights, chosenLimits(network));

  /** What onnxruntime computes, ordered by channel. */
  const engineResult = async (graph: EntropyGraph, exact: typeof layers): Promise<Float32Array> => {
    const isMap = graph.layout === "maps";
    const inputs = selfTestInputs(graph, layers).map(({ name, channels, side, data }) => {
      const area = side * side;
      const feed = isMap
        ? Float32Array.from(data)
        : Float32Array.from(data, (_, i) => data[(i % channels) * area + Math.floor(i / channels)] as number);
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
    const out = (await session.run(feeds)).get("out")?.data ?? new Float32Array(0);
    await session.close();
    const rows = out.length / graph.channels;
    if (isMap) return out;
    return out.map((_, i) => out[(i % rows) * graph.channels + Math.floor(i / rows)] as number);
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
        const count = { concat: () => 0, slice: () => 0, atOddSites: () => 0 };
        graph.build({ layer: record, output: record, ...count }, () => 0);
        return seen.includes(name) && (result === "real" || /^(hyper-synthesis|summary)/.test(graph.name));
      });
      const name = used?.layer.name as string;
      const last = layers.get(name) as ExactLayer;
      // Whatever the shift, the bias of a whole output step shows.
      const bias = last.bias.map((value, i) => (i === 0 ? value - 2 ** -(last.exponents[0] as number) : value));
      const changed = new Map(layers).set(name, { ...last, bias });
      expect(selfTestChecksum(graph, changed), name).not.toBe(checksum);
      expect(() => checkSelfTest(graph.name, checksum + 1, out)).toThrow(
        expect.objectContaining({ code: "inexact-engine" }),
      );
    }
  });
});
