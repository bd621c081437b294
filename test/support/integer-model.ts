/**
 * Models that consist of integers, and codecs of them whose latents a test chooses, for golden bytes. The integers come from a rule that
 * every processor and JavaScript engine computes alike. So the bytes depend on the format alone, not on a float network.
 */
import { FrequencyTableSet } from "../../src/codec/entropy/table-set.ts";
import { exactSequence } from "../../src/codec/exact/exact-graph.ts";
import { type ExactLayer, proveExact } from "../../src/codec/exact/exact-layer.ts";
import { createImageCodec, type ImageCodec, type ImageCodecOptions } from "../../src/codec/image-codec.ts";
import { parseModel } from "../../src/codec/model/model-file.ts";
import { defineGraph, type FloatArray, graphInput, type OwnedArray, type Session } from "../../src/engine/index.ts";
import { exportOnnx } from "../../src/engine/onnx/export.ts";
import { openSession } from "../../src/engine/runtime/session.ts";
import type { Image } from "../../src/image/image.ts";
import { createNetwork } from "../../src/networks/create-network.ts";
import { randomModelBytes } from "./random-model.ts";

/** A table as FORMAT.md writes it: the value of its first entry, and all frequencies with the escape's at the end. */
export interface IntegerTable {
  readonly first: number;
  readonly frequencies: readonly number[];
}

/** An exact layer in plain arrays, as FORMAT.md writes it: a hidden one, or with the activation "none" a last one. */
export interface IntegerLayer {
  readonly kind: "conv" | "deconv";
  readonly stride: number;
  readonly kernel: number;
  readonly inputChannels: number;
  readonly channels: number;
  readonly inputLimit: number;
  readonly weight: readonly number[];
  readonly bias: readonly number[];
  readonly exponents: readonly number[];
  readonly activation: "leaky-relu" | "none";
}

/** All that decides about the bytes of a stream. */
export interface IntegerModel {
  readonly N: number;
  readonly M: number;
  /** null for a model without hyper-latent: its tables are by channel of y. */
  readonly hyper: {
    /** By channel of z. */
    readonly zTables: readonly IntegerTable[];
    /** Ascending float32 values, one fewer than `yTables`. */
    readonly thresholds: readonly number[];
    readonly layers: readonly IntegerLayer[];
  } | null;
  /** By scale level, or by channel. */
  readonly yTables: readonly IntegerTable[];
}

/** Integers 0..below - 1 that look random: the finalizer of MurmurHash3 over a counter. */
export function drawIntegers(seed: number, below: number): () => number {
  let count = Math.imul(seed, 0x3c6ef372);
  return () => {
    count = (count + 0x9e3779b9) | 0;
    let h = count;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return Math.floor((((h ^ (h >>> 16)) >>> 0) / 2 ** 32) * below);
  };
}

/** The layer as the codec has it. */
export function exactLayer(layer: IntegerLayer): ExactLayer {
  const { weight, bias, exponents, ...rest } = layer;
  const arrays = {
    weight: Int16Array.from(weight),
    bias: Int32Array.from(bias),
    exponents: Int8Array.from(exponents),
    result: layer.activation === "none" ? "real" : "levels",
  } as const;
  return { ...rest, ...arrays };
}

const tableSet = (tables: readonly IntegerTable[]): FrequencyTableSet =>
  FrequencyTableSet.from(
    tables.map(({ first, frequencies }) => ({ firstSymbol: first, frequencies: Uint16Array.from(frequencies) })),
  );

/** A hill of integers over -width..width, and an escape. */
function hill(width: number): IntegerTable {
  const heights = Array.from({ length: 2 * width + 1 }, (_, i) => (width + 1 - Math.abs(i - width)) ** 2);
  const sum = heights.reduce((total, height) => total + height, 0);
  const frequencies = heights.map((height) => Math.floor((height * 65000) / sum));
  return { first: -width, frequencies: [...frequencies, 65536 - frequencies.reduce((total, f) => total + f, 0)] };
}

/** An integer model with hyper-latent of the shape that the hyper-synthesis of `mean-scale-hyperprior` has. */
export function integerHyperprior(N: number, M: number): IntegerModel {
  const levels = 12;
  const draw = drawIntegers(N * 1000 + M, 2 ** 16);
  const within = (limit: number): number => (draw() % (2 * limit + 1)) - limit;
  const layer = (
    kind: "conv" | "deconv",
    [inputChannels, channels, kernel, stride]: readonly [number, number, number, number],
    activation: IntegerLayer["activation"],
    exponent: number,
  ): IntegerLayer => ({
    kind,
    stride,
    kernel,
    inputChannels,
    channels,
    inputLimit: 127,
    weight: Array.from({ length: inputChannels * channels * kernel * kernel }, () => within(40)),
    bias: Array.from({ length: channels }, (_, channel) =>
      // Scales around the middle level.
      activation === "none" && channel < M ? 1500 : within(500),
    ),
    exponents: Array.from({ length: channels }, () => exponent - (draw() % 2)),
    activation,
  });
  const middle = Math.floor((3 * M) / 2);
  const layers = [
    layer("deconv", [N, M, 5, 2], "leaky-relu", -2),
    layer("deconv", [M, middle, 5, 2], "leaky-relu", -4),
    layer("conv", [middle, 2 * M, 3, 1], "none", -9),
  ];
  return {
    N,
    M,
    hyper: {
      zTables: Array.from({ length: N }, (_, channel) => hill(1 + (channel % 4))),
      thresholds: Array.from({ length: levels - 1 }, (_, i) => (i + 1) * 0.75),
      layers,
    },
    yTables: Array.from({ length: levels }, (_, level) => hill(1 + level)),
  };
}

/** An integer model without hyper-latent. */
export function integerFactorized(N: number, M: number): IntegerModel {
  return { N, M, hyper: null, yTables: Array.from({ length: M }, (_, channel) => hill(1 + (channel % 5))) };
}

/** Latents that a test chooses, by place. */
export interface ChosenLatents {
  /** y before it is rounded. */
  y(channel: number, row: number, column: number): number;
  /** z before it is rounded. */
  z(channel: number, row: number, column: number): number;
}

/** An image whose pixels tell where they are: red the column of y, green its row. At most 4096 pixels a side. */
export function imageOfPlaces(width: number, height: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data.set([(i % width) >> 4, Math.floor(i / width) >> 4, 0], 3 * i);
  return { width, height, data };
}

/** Codecs of an integer model, and what the last decoding found. Close one of them in the end. */
export interface ChosenCodec {
  /** Encodes and decodes with these options, on graphs that all such codecs share. */
  codec(options?: ImageCodecOptions): ImageCodec;
  /** z and y^ of the last decoding; of one in tiles, those of its last window. */
  decoded(): { readonly z: readonly number[]; readonly y: readonly number[] };
}

/** Values at all places of a map `[1, channels, height, width]`. */
function mapOf(
  shape: readonly [number, number, number, number],
  at: (channel: number, row: number, column: number) => number,
): OwnedArray {
  const [, channels, height, width] = shape;
  const data = new Float32Array(channels * height * width);
  for (let i = 0; i < data.length; i++) {
    data[i] = at(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width);
  }
  return { data, shape };
}

/** Where a window of y lies, in elements of z: where all its values are the chosen ones. */
function findWindow({ data, shape }: FloatArray, latents: ChosenLatents): readonly [row: number, column: number] {
  const width = shape[3]!;
  const area = shape[2]! * width;
  for (let place = 0; place < 64 * 64; place++) {
    const [row, column] = [place >> 6, place & 63];
    const is = (value: number, i: number): boolean => {
      const inside = i % area;
      return (
        value ===
        Math.fround(
          latents.y(Math.floor(i / area), 4 * row + Math.floor(inside / width), 4 * column + (inside % width)),
        )
      );
    };
    if (data.every(is)) return [row, column];
  }
  throw new Error("internal: a window of y that is nowhere in the chosen latents");
}

/** A session of exact layers on onnxruntime: integers `[1, c, h, w]` to "result". */
export function openLayers(layers: readonly ExactLayer[]): Promise<Session> {
  const inputChannels = layers[0]?.inputChannels ?? 0;
  const result = exactSequence(graphInput("z", [1, inputChannels, 1, 1]), layers);
  return openSession(exportOnnx(defineGraph({ result }), { openImageSize: true }));
}

/**
 * Opens a codec for images of places ({@link imageOfPlaces}): the analyses give the chosen latents, the exact layers run on the
 * runtime, and what would be synthesised is kept instead.
 * @param identity `[32]` of the model; streams name its first bytes
 */
export async function openChosenCodec(
  model: IntegerModel,
  latents: ChosenLatents,
  identity: Uint8Array,
): Promise<ChosenCodec> {
  const { N, M, hyper } = model;
  const type = hyper === null ? "factorized-prior" : "mean-scale-hyperprior";
  const drawn = parseModel(randomModelBytes({ type, N, M }), "drawn model");
  const y = tableSet(model.yTables);
  const tables =
    hyper === null || drawn.tables.coding === "factorized"
      ? { ...drawn.tables, y }
      : { ...drawn.tables, y, z: tableSet(hyper.zTables), thresholds: Float64Array.from(hyper.thresholds) };
  const layers = hyper?.layers.map(exactLayer) ?? [];
  for (const [i, layer] of layers.entries()) proveExact(layer, `layer ${i}`);
  const session = layers.length === 0 ? null : await openLayers(layers);
  const runLayers = async (z: FloatArray): Promise<OwnedArray> =>
    (await session?.run(new Map([["z", z]])))?.get("result") as OwnedArray;
  const found: { z: readonly number[]; y: readonly number[] } = { z: [], y: [] };
  const runner = {
    network: createNetwork(drawn.network),
    async analysis({ data, shape }: FloatArray) {
      const [height, width] = [shape[2]!, shape[3]!];
      const [top, left] = [data[height * width]!, data[0]!].map((unit) => Math.round(255 * unit));
      return mapOf([1, M, height / 16, width / 16], (channel, row, column) =>
        latents.y(channel, (top as number) + row, (left as number) + column),
      );
    },
    async hyperAnalysis(window: FloatArray) {
      const [top, left] = findWindow(window, latents);
      const [height, width] = [window.shape[2]!, window.shape[3]!];
      return mapOf([1, N, height / 4, width / 4], (channel, row, column) =>
        latents.z(channel, top + row, left + column),
      );
    },
    async entropy(_graph: string, { z }: { readonly z?: FloatArray }) {
      if (z === undefined) throw new Error("internal: a hyperprior without context asked for more than z");
      found.z = [...z.data];
      return runLayers(z);
    },
    async synthesis(yHat: FloatArray) {
      found.y = [...yHat.data];
      return mapOf([1, 3, 16 * yHat.shape[2]!, 16 * yHat.shape[3]!], () => 0);
    },
    open: () => {
      throw new Error("integers were asked for gradients");
    },
    close: async () => session?.close(),
  };
  return {
    codec: (options = {}) => createImageCodec({ ...drawn, tables }, identity, runner, options),
    decoded: () => found,
  };
}
