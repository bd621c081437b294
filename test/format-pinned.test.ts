/**
 * The bytes that the codec writes for chosen latents of integer models, pinned: a change of the format cannot slip in. No float network has
 * a part in them, so they are the same on every machine. If a test here fails because the format was meant to change, FORMAT.md
 * ("Versions") says what else must change.
 *
 * Also: a reader written from FORMAT.md alone finds in these streams what the codec was given.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readByTheBook } from "./support/book-reader.ts";
import {
  type ChosenCodec,
  drawIntegers,
  imageOfPlaces,
  integerFactorized,
  integerHyperprior,
  openChosenCodec,
} from "./support/integer-model.ts";

/** Of which a stream names the first 8 bytes. */
const IDENTITY = Uint8Array.from({ length: 32 }, (_, i) => (0x23 * i + 1) % 256);
const [N, M] = [4, 6];
const TILED = { tileAbovePixels: 1, tileSide: 64 };

/** A number that belongs to a place, 0..65535. */
const drawnAt = (...place: readonly number[]): number =>
  drawIntegers(
    place.reduce((seed, part) => 641 * seed + part + 1, 7),
    65536,
  )();

/** Eighths, most of them near 0; one in 200 far out, so that escapes occur. */
function chosenY(channel: number, row: number, column: number): number {
  const drawn = drawnAt(channel, row, column);
  if (drawn % 200 === 0) return drawn - 32768;
  return (((drawn % 41) - 20) * ((drawn >> 8) % 5)) / 8;
}

const chosenZ = (channel: number, row: number, column: number): number =>
  ((drawnAt(99, channel, row, column) % 33) - 16) / 4;

const MODELS = { hyperprior: integerHyperprior(N, M), factorized: integerFactorized(N, M) };
const codecs = new Map<string, ChosenCodec>();

beforeAll(async () => {
  for (const [name, model] of Object.entries(MODELS)) {
    codecs.set(name, await openChosenCodec(model, { y: chosenY, z: chosenZ }, IDENTITY));
  }
});

afterAll(async () => {
  for (const { codec } of codecs.values()) await codec().close();
});

describe.each([
  ["hyperprior", 90, 150, {}, "c88df6bebba7aacfaf5d1dd242db684accbc548f71bee7fa81eabdd20550660b"],
  ["hyperprior", 1, 1, {}, "e5e17d62318163e28c32e110f6d06933a9a9488b4989ae17568887252cf56c0a"],
  ["hyperprior", 330, 200, TILED, "e070b044ae91167e03ca5104768a74257be3c3ef0d268b14a14ed1eb40aa189d"],
  ["factorized", 90, 50, {}, "9993ff832bda906722b80faae8e0587498f9ec1bbfd6fbffa930d4d4f5a0d0d7"],
  ["factorized", 140, 90, TILED, "690dd7ff4416e2932a1cccc7b2bf08c5eb67b5e993f6559911852188829fc375"],
] as const)("%s, %i x %i pixels, %j", (name, width, height, options, sha256) => {
  const model = MODELS[name];
  const write = async (): Promise<Uint8Array> => {
    const { codec } = codecs.get(name) as ChosenCodec;
    // To the nearest integers: which others an encoder takes is not part of the format.
    const nearest = { bitsPerSquaredStep: Infinity };
    return (await codec(options).encode(imageOfPlaces(width, height), nearest)).bytes;
  };

  it("the stream is what it was when format version 1 was fixed", async () => {
    expect(
      createHash("sha256")
        .update(await write())
        .digest("hex"),
    ).toBe(sha256);
  });

  it("a reader by the text of FORMAT.md finds the chosen latents", async () => {
    const read = readByTheBook([...(await write())], model);
    const unit = name === "hyperprior" ? 64 : 16;
    const [rows, columns] = [height, width].map((side) => (Math.ceil(side / unit) * unit) / 16) as [number, number];
    expect(read).toMatchObject({ identity: [...IDENTITY.slice(0, 8)], width, height });
    expect(read.symbols).toHaveLength(M * rows * columns);
    let escapes = 0;
    for (const [i, symbol] of read.symbols.entries()) {
      const y = chosenY(Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns);
      const mean = read.means[i]!;
      if (Math.abs(y - mean - symbol) > 0.5)
        expect.fail(`element ${i}: got ${symbol}, expected ${y} - ${mean} rounded`);
      if (Math.abs(symbol) > 30) escapes++;
    }
    if (width > 1) expect(escapes).toBeGreaterThan(0);
    const area = (rows / 4) * (columns / 4);
    for (const [i, symbol] of read.z.entries()) {
      const z = chosenZ(Math.floor(i / area), Math.floor(i / (columns / 4)) % (rows / 4), i % (columns / 4));
      expect(Math.abs(z - symbol)).toBeLessThanOrEqual(0.5);
    }
    // Neither scales nor means are all alike: the exact layers matter.
    if (name === "hyperprior") {
      expect(new Set(read.scales).size).toBeGreaterThan(20);
      expect(new Set(read.means).size).toBeGreaterThan(20);
    }
  });

  it("the codec decodes it to what that reader finds", async () => {
    const bytes = await write();
    const { codec, decoded } = codecs.get(name) as ChosenCodec;
    await codec().decode(bytes);
    const { z, symbols, means } = readByTheBook([...bytes], model);
    if (name === "hyperprior" && options !== TILED) expect(decoded().z).toEqual(z);
    expect(decoded().y).toEqual(symbols.map((symbol, i) => Math.fround(symbol + means[i]!)));
  });
});
