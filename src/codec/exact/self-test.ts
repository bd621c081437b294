/**
 * The self-test of a model: one small fixed input through each of its exact graphs, and the checksum of what must come out. It
 * runs when a codec is opened and refuses an engine whose arithmetic is not exact.
 */
import { HalfstepError } from "../../errors.ts";
import type { EntropyGraph, EntropyInput } from "../../networks/entropy/index.ts";
import { crc32 } from "../container/crc32.ts";
import type { ExactLayer } from "./exact-layer.ts";
import { type ReferenceMap, referenceOps } from "./exact-reference.ts";

/** Sides of the inputs: of z, and of what has the size of y. As positions, as many as the map has elements. */
const SIDES = { z: 2, y: 4 } as const;

/** An input of a self-test. */
export interface SelfTestInput {
  readonly name: EntropyInput["name"];
  readonly channels: number;
  /** Height and width. */
  readonly side: number;
  /** `[channels, side, side]` integers that reach beyond every layer's limit in both directions, by a fixed rule. */
  readonly data: Int32Array;
}

/**
 * The inputs for a graph.
 * @param layers all exact layers of the model: the largest input limit is what the inputs reach
 */
export function selfTestInputs(graph: EntropyGraph, layers: ReadonlyMap<string, ExactLayer>): readonly SelfTestInput[] {
  const limit = [...layers.values()].reduce((most, { inputLimit }) => Math.max(most, inputLimit), 1);
  return graph.inputs.map(({ name, channels }, k) => {
    const side = name === "z" ? SIDES.z : SIDES.y;
    const data = Int32Array.from({ length: channels * side ** 2 }, (_, i) => {
      // The upper bits of a Weyl sequence: looks random, needs no generator.
      const uniform = (Math.imul(i + 1, 0x9e3779b9 + 2 * k) >>> 8) / 2 ** 24;
      return Math.floor(uniform * (2 * limit + 1)) - limit;
    });
    return { name, channels, side, data };
  });
}

/** CRC-32 of numbers as little-endian float32, with -0 as 0. */
function checksumOf(values: ArrayLike<number>): number {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) bytes.setFloat32(4 * i, values[i]! + 0, true);
  return crc32(new Uint8Array(bytes.buffer));
}

/** The checksum that a graph must give on {@link selfTestInputs}, results ordered by channel; computed by plain loops. */
export function selfTestChecksum(graph: EntropyGraph, layers: ReadonlyMap<string, ExactLayer>): number {
  const inputs = new Map(
    selfTestInputs(graph, layers).map(({ name, channels, side, data }): [EntropyInput["name"], ReferenceMap] => {
      const [height, width] = graph.layout === "maps" ? [side, side] : [side * side, 1];
      return [name, { channels, height, width, data: Float64Array.from(data) }];
    }),
  );
  return checksumOf(graph.build(referenceOps(layers, graph.layout), (name) => inputs.get(name) as ReferenceMap).data);
}

/**
 * Compares what an engine gave with what it must give.
 * @param name of the graph
 * @throws {HalfstepError} `inexact-engine`
 */
export function checkSelfTest(name: string, expected: number | undefined, got: ArrayLike<number>): void {
  if (checksumOf(got) === expected) return;
  throw new HalfstepError(
    "inexact-engine",
    `self-test: "${name}" gave other numbers than the model says of its exact networks, expected the same on every machine; this engine does not compute float32 by IEEE 754 (or the model file is damaged): use another device or runtime`,
  );
}
