/**
 * Hostile bytes made from good ones, each from a seed alone: what a disk, a network or an attacker might hand to a reader. Some are
 * given a checksum that fits, so that what lies behind it is reached.
 */
import { crc32 } from "../../src/codec/container/crc32.ts";
import { CounterRandom } from "../../src/engine/index.ts";

/** Draws from one seed. */
export class Draws {
  readonly #random: CounterRandom;
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#random = new CounterRandom(2_309_170_51);
    this.#seed = seed;
  }

  /** An integer of 0..below - 1. */
  below(below: number): number {
    return Math.floor((this.#random.uint32(this.#seed, 0, this.#count++) / 2 ** 32) * below);
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** One way to spoil bytes. */
export type Mutation = (bytes: Uint8Array, draws: Draws) => Uint8Array;

function truncated(bytes: Uint8Array, draws: Draws): Uint8Array {
  return bytes.slice(0, draws.below(bytes.length));
}

function bitsFlipped(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = bytes.slice();
  for (let flips = 1 + draws.below(4); flips > 0; flips--) {
    const at = draws.below(spoiled.length);
    spoiled[at] = (spoiled[at] as number) ^ (1 << draws.below(8));
  }
  return spoiled;
}

function bytesSet(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = bytes.slice();
  const extremes = [0, 1, 0x7f, 0x80, 0xff];
  for (let count = 1 + draws.below(6); count > 0; count--) {
    spoiled[draws.below(spoiled.length)] = extremes[draws.below(extremes.length)] as number;
  }
  return spoiled;
}

function headerSpoiled(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = bytes.slice();
  // The 14 bytes before it are magic, version, flags and identity: what is refused at once.
  for (let count = 1 + draws.below(3); count > 0; count--) spoiled[14 + draws.below(16)] = draws.below(256);
  return spoiled;
}

function partRepeated(bytes: Uint8Array, draws: Draws): Uint8Array {
  const from = draws.below(bytes.length);
  const part = bytes.slice(from, from + 1 + draws.below(64));
  const at = draws.below(bytes.length);
  return Uint8Array.from([...bytes.slice(0, at), ...part, ...bytes.slice(at)]);
}

function partLost(bytes: Uint8Array, draws: Draws): Uint8Array {
  const from = draws.below(bytes.length);
  return Uint8Array.from([...bytes.slice(0, from), ...bytes.slice(from + 1 + draws.below(32))]);
}

function random(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = draws.bytes(draws.below(200));
  // Half of them begin as a stream of this model does.
  if (draws.below(2) === 0) spoiled.set(bytes.slice(0, Math.min(14, spoiled.length)));
  return spoiled;
}

/** All ways. */
export const MUTATIONS: readonly Mutation[] = [
  truncated,
  bitsFlipped,
  bytesSet,
  headerSpoiled,
  partRepeated,
  partLost,
  random,
];

/** Writes the checksum that fits into the last four bytes of a stream. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const fitted = bytes.slice();
  const body = fitted.subarray(0, -4);
  new DataView(fitted.buffer).setUint32(body.length, crc32(body), true);
  return fitted;
}
