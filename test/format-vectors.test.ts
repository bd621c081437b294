/**
 * The vectors of FORMAT.md for exact layers and whole streams, against a reader by its text, the loops that define exact layers,
 * onnxruntime, and the codec in both directions. Those for the entropy coder are checked beside it (`format-vector.test.ts`).
 *
 * The layers' weights were drawn; results and streams were written by the codec and agree with the reader by the text.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readStream } from "../src/codec/container/stream.ts";
import { referenceSequence } from "../src/codec/exact/exact-reference.ts";
import { layerByTheBook, readByTheBook } from "./support/book-reader.ts";
import {
  exactLayer,
  type IntegerLayer,
  type IntegerModel,
  imageOfPlaces,
  openChosenCodec,
  openLayers,
} from "./support/integer-model.ts";

const DOCUMENT = readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8");
const IDENTITY = Uint8Array.of(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef);

function block(name: string): string {
  const text = new RegExp(`\`\`\`${name}\n([^\`]*)\`\`\``).exec(DOCUMENT)?.[1];
  if (text === undefined) throw new Error(`FORMAT.md has no block "${name}"`);
  return text.trim();
}

const numbers = (name: string): number[] => block(name).split(/\s+/).map(Number);
const bytes = (name: string): number[] =>
  block(name)
    .split(/\s+/)
    .map((byte) => Number.parseInt(byte, 16));

const MODEL = JSON.parse(block("model")) as IntegerModel;
const MAPS = { z: numbers("z"), scales: numbers("scales"), means: numbers("means"), symbols: numbers("y") };
const [WIDTH, HEIGHT] = [100, 60];

it("exact layers: text, loops and onnxruntime give the results of the document", async () => {
  const [first, second] = JSON.parse(block("exact-chain")) as [IntegerLayer, IntegerLayer];
  const input = { channels: 2, height: 3, width: 4, values: numbers("exact-input") };
  const [hidden, result] = [numbers("exact-hidden"), numbers("exact-result")];
  const middle = layerByTheBook(input, first);
  expect(middle.values).toEqual(hidden);
  expect(layerByTheBook(middle, second).values).toEqual(result);

  const layers = [first, second].map(exactLayer);
  const data = Float64Array.from(input.values);
  const [ofFirst, ofBoth] = [layers.slice(0, 1), layers].map(
    (some) => referenceSequence({ ...input, data }, some).data,
  );
  expect([...(ofFirst as Float64Array)]).toEqual(hidden);
  expect([...(ofBoth as Float64Array)]).toEqual(result);

  const session = await openLayers(layers);
  const outputs = await session.run(new Map([["z", { data: Float32Array.from(data), shape: [1, 2, 3, 4] }]]));
  await session.close();
  expect([...(outputs.get("result") as { data: Float32Array }).data]).toEqual(result);
});

it.each([
  ["whole-stream", 1],
  ["tiled-stream", 3],
] as const)("%s: a reader by the text finds what the document lists", (name, sections) => {
  const read = readByTheBook(bytes(name), MODEL);
  expect(read).toMatchObject({ identity: [...IDENTITY], width: WIDTH, height: HEIGHT, ...MAPS });
  expect(read.sections).toHaveLength(sections);
  expect(readStream(Uint8Array.from(bytes(name))).sections.map((section) => [...section])).toEqual(read.sections);
});

it.each([
  ["whole-stream", {}],
  ["tiled-stream", { tileAbovePixels: 1, tileSide: 64 }],
] as const)("%s: the codec writes it from these latents, and reads them back", async (name, options) => {
  const [zColumns, yColumns] = [2, 8];
  const yHat = MAPS.symbols.map((symbol, i) => symbol + MAPS.means[i]!);
  const latents = {
    y: (_channel: number, row: number, column: number) => yHat[row * yColumns + column] ?? Number.NaN,
    z: (_channel: number, row: number, column: number) => MAPS.z[row * zColumns + column] ?? Number.NaN,
  };
  const { codec, decoded } = await openChosenCodec(MODEL, latents, IDENTITY);
  const { bytes: written } = await codec(options).encode(imageOfPlaces(WIDTH, HEIGHT));
  expect([...written]).toEqual(bytes(name));
  const image = await codec().decode(written);
  expect([image.width, image.height]).toEqual([WIDTH, HEIGHT]);
  expect(decoded().y).toEqual(yHat);
  await codec().close();
});
