import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayOf, CounterRandom, defineGraph, graphInput } from "../../engine/index.ts";
import { exportOnnx } from "../../engine/onnx/export.ts";
import { openSession } from "../../engine/runtime/session.ts";
import { exactSequence } from "./exact-graph.ts";
import { EXACT_LIMIT, type ExactLayer, proveExact, sumBounds } from "./exact-layer.ts";
import { referenceSequence } from "./exact-reference.ts";

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
        const out = arrayOf(await session.run(new Map([["x", { data: x, shape: input.shape }]])), "out");
        expect(out.shape).toEqual([1, expected.channels, expected.height, expected.width]);
        expect(Float64Array.from(out.data, (value) => value + 0)).toEqual(expected.data.map((value) => value + 0));
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
            data[input * side * side + i] = 255 * Math.sign(raw.weight[outer * 25 + tapRow * 5 + tapColumn]!);
          }
        }
        const out = referenceSequence({ channels: 3, height: side, width: side, data }, [raw]);
        largest = Math.max(largest, Math.abs(out.data[row * out.width + column]!));
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
