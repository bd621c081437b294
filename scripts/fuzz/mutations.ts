/**
 * Hostile bytes made from good ones, each from a seed alone: what a disk, a network or an attacker might hand to a reader. Some are
 * given a checksum that fits, so that what lies behind it is reached.
 */
import { deflateRawSync } from "node:zlib";
import { crc32 } from "../../src/codec/container/crc32.ts";
import { readStream, writeStream } from "../../src/codec/container/stream.ts";
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
    spoiled[at] = spoiled[at]! ^ (1 << draws.below(8));
  }
  return spoiled;
}

function bytesSet(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = bytes.slice();
  const extremes = [0, 1, 0x7f, 0x80, 0xff];
  for (let count = 1 + draws.below(6); count > 0; count--) {
    spoiled[draws.below(spoiled.length)] = extremes[draws.below(extremes.length)]!;
  }
  return spoiled;
}

function headerSpoiled(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = bytes.slice();
  // The 14 bytes before it are magic, version, flags and identity. Changes there are refused at once.
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

/** A right container with sections that nobody wrote: as many as the image has, some of them with a state in its range. */
function sectionsMadeUp(bytes: Uint8Array, draws: Draws): Uint8Array {
  const { header, sections } = readStream(bytes);
  const { width, height, quality, modelIdentity, tileSize } = header;
  const madeUp = sections.map((section) => {
    if (draws.below(4) === 0) return section;
    const made = draws.bytes(draws.below(300));
    if (draws.below(3) === 0) made.fill([0, 0x7f, 0xff][draws.below(3)]!);
    // A state from 2^23 to 2^31 - 1.
    if (made.length > 1 && draws.below(4) > 0) made.set([draws.below(128), 128 + draws.below(128)]);
    return made;
  });
  if (tileSize === 0) return writeStream({ modelIdentity, width, height, quality, sections: madeUp });
  if (draws.below(8) === 0) madeUp.pop();
  return writeStream({
    modelIdentity,
    width,
    height,
    quality,
    tileSize,
    sections: madeUp.length > 0 ? madeUp : [draws.bytes(3)],
  });
}

/** A right container whose alpha plane nobody wrote: noise, or deflated rows that are too few, too many, or have filters that do not exist. */
function alphaMadeUp(bytes: Uint8Array, draws: Draws): Uint8Array {
  const { header, sections } = readStream(bytes);
  const { width, height, quality, modelIdentity, tileSize } = header;
  const rows = new Uint8Array((width + 1) * Math.max(0, height + draws.below(5) - 2) + draws.below(3));
  for (let at = 0; at < rows.length; at += width + 1) rows[at] = draws.below(draws.below(9) === 0 ? 7 : 5);
  const deflated = deflateRawSync(draws.below(20) === 0 ? new Uint8Array(2 ** 24) : rows);
  const made = draws.below(4) === 0 ? draws.bytes(1 + draws.below(90)) : bitsFlipped(deflated, draws);
  const alpha = draws.below(2) === 0 ? deflated : made;
  return writeStream({ modelIdentity, width, height, quality, tileSize, sections, alpha });
}

/** All ways to spoil streams. */
export const STREAM_MUTATIONS: readonly Mutation[] = [
  truncated,
  bitsFlipped,
  bytesSet,
  headerSpoiled,
  partRepeated,
  partLost,
  random,
  sectionsMadeUp,
  alphaMadeUp,
];

/** Splits a model file in its JSON header and the rest, changes the header's text, and puts the file together again. */
function withHeaderText(bytes: Uint8Array, change: (text: string) => string): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const text = change(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const header = new TextEncoder().encode(text);
  const changed = new Uint8Array(8 + header.length + bytes.length - 8 - length);
  new DataView(changed.buffer).setBigUint64(0, BigInt(header.length), true);
  changed.set(header, 8);
  changed.set(bytes.subarray(8 + length), 8 + header.length);
  return changed;
}

const HOSTILE_NUMBERS = [
  "-1",
  "0",
  "1e308",
  "2147483648",
  "9007199254740993",
  "4294967296",
  "0.5",
  "null",
  '"4"',
  "[]",
];

/** One number of the header, or of the description in it, replaced: shapes, offsets, versions, channels, limits. */
function numberReplaced(bytes: Uint8Array, draws: Draws): Uint8Array {
  return withHeaderText(bytes, (text) => {
    const places = [...text.matchAll(/(?<=[[,:])-?\d+(\.\d+)?/g)];
    const place = places[draws.below(places.length)] as RegExpExecArray;
    const by = HOSTILE_NUMBERS[draws.below(HOSTILE_NUMBERS.length)]!;
    const quoted = by.includes('"') && text[place.index - 2] === "\\" ? "4" : by;
    return text.slice(0, place.index) + quoted + text.slice(place.index + place[0].length);
  });
}

/** A name that is there twice, a type that is another, a tensor that is missing, or text far too deep. */
function headerHostile(bytes: Uint8Array, draws: Draws): Uint8Array {
  return withHeaderText(bytes, (text) => {
    const names = [...text.matchAll(/"([^"\\]+)":\{"dtype"/g)].map((match) => match[1]!);
    const name = names[draws.below(names.length)]!;
    const other = names[draws.below(names.length)]!;
    const depth = 1 + draws.below(200_000);
    const ways = [
      () => text.replace(`"${name}":`, `"${other}":`),
      () => text.replace(`"${name}":`, '"__proto__":'),
      () =>
        text.replace(
          `"${name}":{"dtype":"`,
          `"${name}":{"dtype":"${["F64", "I8", "F16", "I32", "U16"][draws.below(5)]}","was":"`,
        ),
      () => text.replace(/"dtype":"(F16|I16|U16)"/, '"dtype":"I16"'),
      () => text.replace("{", `{"deep":${"[".repeat(depth)}${"]".repeat(draws.below(2) === 0 ? depth : 0)},`),
      () => text.replace("{", `{"deep":${'{"a":'.repeat(depth)}1${"}".repeat(depth)},`),
      () => text.replace('"shape":[', `"shape":[${"1,".repeat(draws.below(20))}`),
    ];
    return (ways[draws.below(ways.length)] as () => string)();
  });
}

/** Tensor data overwritten: weights, exact layers, tables. */
function dataSpoiled(bytes: Uint8Array, draws: Draws): Uint8Array {
  const spoiled = bytes.slice();
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const extremes = [0, 1, 0x7f, 0x80, 0xff];
  for (let count = 1 + draws.below(20); count > 0; count--) {
    spoiled[start + draws.below(bytes.length - start)] = extremes[draws.below(extremes.length)]!;
  }
  return spoiled;
}

/** All ways to spoil model files. */
export const MODEL_MUTATIONS: readonly Mutation[] = [
  truncated,
  bitsFlipped,
  bytesSet,
  partLost,
  random,
  numberReplaced,
  numberReplaced,
  headerHostile,
  headerHostile,
  dataSpoiled,
];
/** Writes the checksum that fits into the last four bytes of a stream. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const fitted = bytes.slice();
  const body = fitted.subarray(0, -4);
  new DataView(fitted.buffer).setUint32(body.length, crc32(body), true);
  return fitted;
}
