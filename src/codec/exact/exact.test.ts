import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CounterRandom, defineGraph, evaluate, graphInput } from "../../engine/index.ts";
import { exportOnnx } from "../../engine/onnx/export.ts";
import { openSession } from "../../engine/runtime/session.ts";
import { type SequenceLayer, sequence } from "../../networks/layers/sequence.ts";
import { ParameterScope, type WeightArray } from "../../networks/parameters.ts";
import { exactSequence } from "./exact-graph.ts";
import { EXACT_LIMIT, type ExactLayer, proveExact, sumBounds } from "./exact-layer.ts";
import { referenceSequence } from "./exact-reference.ts";
import { quantizeLayers } from "./quantize-layers.ts";
import { checkSelfTest, selfTestChecksum, selfTestInput } from "./self-test.ts";

/** Integers uniform in -limit..limit by seed. */
function integers(count: number, limit: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  new CounterRandom(seed).fillUniform(values, 0, 0, -limit - 0.5, limit + 0.5);
  return values.map((value) => Math.round(value) + 0);
}

interface Shape {
  readonly kind: "conv" | "deconv";
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
);

describe("exact layers", () => {
  it("give the same integers on an engine as by plain loops, at the edge of the bound, on one and two threads", async () => {
    const check = async (shape: Shape, seed: number): Promise<void> => {
      const first = layerAtTheEdge(shape, "leaky-relu", seed);
      const second = layerAtTheEdge(
        { kind: "conv", stride: 1, kernel: 3, inputChannels: shape.channels, channels: 7 },
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

describe("quantizing a trained chain", () => {
  const specs: readonly SequenceLayer[] = [
    { name: "a", kind: "deconv", channels: 12, kernel: 5, stride: 2, activation: "leaky-relu" },
    { name: "b", kind: "deconv", channels: 18, kernel: 5, stride: 2, activation: "leaky-relu" },
    { name: "c", kind: "conv", channels: 24, kernel: 3, stride: 1, activation: "none" },
  ];
  const side = 4;
  const scope = ParameterScope.training();
  const input = graphInput("x", [1, 8, side, side]);
  const stages = sequence(scope.scope("hs"), input, specs);
  const weights = new Map<string, WeightArray>(
    scope.specs.map(({ name, shape }, i) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      new CounterRandom(11).fillUniform(data, 0, i, -0.3, 0.3);
      return [name, { shape, data }];
    }),
  );
  const x = integers(8 * side * side, 20, 4);

  it("stays within a thousandth of the float chain's range", () => {
    const outputs = Object.fromEntries(stages.map((stage, i) => [`s${i}`, stage]));
    const parameters = [...weights].map(([name, { data }]) => [`parameter/${name}`, data] as const);
    const float = evaluate(outputs, { x, ...Object.fromEntries(parameters) });
    const most = (name: string, channels: number): Float64Array => {
      const data = float[name]?.data as Float64Array;
      const area = data.length / channels;
      return Float64Array.from({ length: channels }, (_, channel) =>
        data.subarray(channel * area, (channel + 1) * area).reduce((a, value) => Math.max(a, Math.abs(value)), 0),
      );
    };
    const layers = quantizeLayers(specs, "hs", weights, { input: 20, activations: [most("s0", 12), most("s1", 18)] });
    for (const layer of layers) proveExact(layer, "test");
    // The finest unit was taken: in most channels twice as fine would break the bound.
    for (const layer of layers) expect(Math.max(...sumBounds(layer))).toBeGreaterThan(EXACT_LIMIT / 2);
    const exact = referenceSequence({ channels: 8, height: side, width: side, data: Float64Array.from(x) }, layers);
    const wanted = float.s2?.data as Float64Array;
    const range = wanted.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
    const error = Math.sqrt(
      wanted.reduce((sum, value, i) => sum + (value - (exact.data[i] as number)) ** 2, 0) / wanted.length,
    );
    expect(range).toBeGreaterThan(5);
    expect(error).toBeLessThan(0.003 * range);
  });

  it("refuses missing weights and weights that no unit can hold", () => {
    const limits = { input: 20, activations: [new Float64Array(12).fill(9), new Float64Array(18).fill(9)] };
    const without = new Map([...weights].filter(([name]) => name !== "hs.b.bias"));
    expect(() => quantizeLayers(specs, "hs", without, limits)).toThrow(
      expect.objectContaining({ code: "bad-weights" }),
    );
    const huge = new Map(weights).set("hs.c.bias", { shape: [24], data: new Float32Array(24).fill(1e30) });
    expect(() => quantizeLayers(specs, "hs", huge, limits)).toThrow(expect.objectContaining({ code: "bad-weights" }));
  });

  it("gives a channel that never fires a silent one", () => {
    const limits = { input: 20, activations: [new Float64Array(12), new Float64Array(18).fill(9)] };
    for (const layer of quantizeLayers(specs, "hs", weights, limits)) proveExact(layer, "test");
  });

  it("the self-test tells one changed weight, and takes the result of an engine", async () => {
    const limits = { input: 20, activations: [new Float64Array(12).fill(9), new Float64Array(18).fill(9)] };
    const layers = quantizeLayers(specs, "hs", weights, limits);
    const first = layers[0] as ExactLayer;
    const data = Float32Array.from(selfTestInput(first));
    expect([Math.min(...data), Math.max(...data)]).toEqual([expect.closeTo(-20, -1), expect.closeTo(20, -1)]);
    const small = graphInput("x", [1, 8, 2, 2]);
    const session = await openSession(exportOnnx(defineGraph({ out: exactSequence(small, layers) })));
    const out = (await session.run(new Map([["x", { data, shape: [1, 8, 2, 2] }]]))).get("out");
    await session.close();
    const checksum = selfTestChecksum(layers);
    checkSelfTest(checksum, out?.data ?? []);
    const last = layers.at(-1) as ExactLayer;
    const changed = { ...last, bias: last.bias.map((value, i) => (i === 3 ? value + 1 : value)) };
    expect(selfTestChecksum([...layers.slice(0, -1), changed])).not.toBe(checksum);
    expect(() => checkSelfTest(checksum + 1, out?.data ?? [])).toThrow(
      expect.objectContaining({ code: "inexact-engine" }),
    );
  });
});
