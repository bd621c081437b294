/**
 * The self-test of a model: one small fixed input through its exact layers, and the checksum of what must come out. It runs
 * when a codec is opened and refuses an engine whose arithmetic is not exact.
 */
import { HalfstepError } from "../../errors.ts";
import { crc32 } from "../container/crc32.ts";
import type { ExactLayer } from "./exact-layer.ts";
import { referenceSequence } from "./exact-reference.ts";

/** Height and width of the input. */
export const SELF_TEST_SIDE = 2;

/** `[channels, 2, 2]` integers that reach the layer's limit in both directions, by a fixed rule. */
export function selfTestInput({ inputChannels, inputLimit }: ExactLayer): Int32Array {
  return Int32Array.from({ length: inputChannels * SELF_TEST_SIDE ** 2 }, (_, i) => {
    // The upper bits of a Weyl sequence: looks random, needs no generator.
    const uniform = (Math.imul(i + 1, 0x9e3779b9) >>> 8) / 2 ** 24;
    return Math.floor(uniform * (2 * inputLimit + 1)) - inputLimit;
  });
}

/** CRC-32 of numbers as little-endian float32, with -0 as 0. */
export function checksumOf(values: ArrayLike<number>): number {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) bytes.setFloat32(4 * i, (values[i] as number) + 0, true);
  return crc32(new Uint8Array(bytes.buffer));
}

/** The checksum that the layers must give on {@link selfTestInput}, computed by plain loops. */
export function selfTestChecksum(layers: readonly ExactLayer[]): number {
  const [first] = layers;
  if (first === undefined) throw new RangeError("selfTestChecksum: got no layers");
  const data = Float64Array.from(selfTestInput(first));
  const input = { channels: first.inputChannels, height: SELF_TEST_SIDE, width: SELF_TEST_SIDE, data };
  return checksumOf(referenceSequence(input, layers).data);
}

/**
 * Compares what an engine gave with what it must give.
 * @throws {HalfstepError} `inexact-engine`
 */
export function checkSelfTest(expected: number, got: ArrayLike<number>): void {
  if (checksumOf(got) === expected) return;
  throw new HalfstepError(
    "inexact-engine",
    "self-test: got other numbers than the model says from its exact networks, expected the same on every machine; this engine does not compute float32 by IEEE 754 (or the model file is damaged): use another device or runtime",
  );
}
