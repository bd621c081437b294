/**
 * A decoder of every network, written from the text of FORMAT.md alone: it takes the layer tables from that document and the numbers from the
 * model file as the document describes it, and gives pixels. Plain loops, without a line of the codec.
 */
import type { Letters } from "../../scripts/format-layers/expression.ts";
import { readLines, runGraph } from "./book-entropy.ts";
import { type BookMap, map } from "./book-maps.ts";
import { readModel, type Tables, tableOf } from "./book-model.ts";
import { SectionReader, sectionsByTheBook } from "./book-reader.ts";
import { qualityNumbers, Synthesis } from "./book-synthesis.ts";
import { TileReader } from "./book-tile.ts";

/** An image as levels of 0..255, `[3, height, width]`. */
export interface BookImage {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint8Array;
}

/**
 * Decodes a stream of format version 1.
 * @param document the text of FORMAT.md
 */
export function decodeByTheBook(stream: Uint8Array, modelBytes: Uint8Array, document: string): BookImage {
  const model = readModel(modelBytes);
  const { type, N, M, structure = {} } = model.network;
  const { width, height, quality, tileSize, sections } = sectionsByTheBook([...stream]);
  const readers = sections.map((section) => new SectionReader(section));
  const W = structure.wide as number | undefined;
  const letters: Letters = { N, M, ...(W === undefined ? {} : { W }) };
  const title = type === "halfstep" ? `halfstep, ${structure.steps === 1 ? "1 step" : "2 or 4 steps"}` : type;
  const lines = readLines(document).filter(({ network }) => network === title);
  const hyper = type !== "factorized-prior";
  const unit = hyper ? 64 : 16;
  const [rows, columns] = [height, width].map((side) => (Math.ceil(side / unit) * unit) / 16) as [number, number];
  const tables = (name: string): Tables => ({
    layout: model.tensors.get(`tables/${name}.layout`)!.values,
    frequencies: model.tensors.get(`tables/${name}.frequencies`)!.values,
  });
  let next = 0;
  let features: BookMap | null = null;
  if (hyper) {
    const z = map(W === undefined ? N : Math.floor((3 * W) / 8), rows / 4, columns / 4);
    const reader = readers[0] as SectionReader;
    const area = z.height * z.width;
    for (let i = 0; i < z.values.length; i++) z.values[i] = reader.symbol(tableOf(tables("z"), Math.floor(i / area)));
    features = runGraph(
      model,
      lines.filter(({ graph }) => graph === "hyper-synthesis"),
      { z },
      letters,
    );
    if (tileSize !== 0) next = 1;
  }
  const yHat = map(M, rows, columns);
  const side = tileSize === 0 ? Math.max(rows, columns) : tileSize / 16;
  for (let top = 0; top < rows; top += side) {
    for (let left = 0; left < columns; left += side) {
      const [h, w] = [Math.min(side, rows - top), Math.min(side, columns - left)];
      const reader = readers[next++] as SectionReader;
      let tile = map(M, h, w);
      if (features === null) {
        for (let i = 0; i < tile.values.length; i++) {
          tile.values[i] = reader.symbol(tableOf(tables("y"), Math.floor(i / (h * w))));
        }
      } else {
        const own = map(features.channels, h, w);
        for (let i = 0; i < own.values.length; i++) {
          const [channel, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
          own.values[i] = features.values[(channel * rows + top + row) * columns + left + column]!;
        }
        tile = new TileReader(model, lines, letters, reader, own).read();
      }
      for (let i = 0; i < tile.values.length; i++) {
        const [channel, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
        yHat.values[(channel * rows + top + row) * columns + left + column] = tile.values[i]!;
      }
    }
  }
  for (const reader of readers) reader.end();
  const image = new Synthesis(model, qualityNumbers(model, quality)).image(yHat);
  const levels = new Uint8Array(3 * width * height);
  for (let i = 0; i < levels.length; i++) {
    const [channel, row, column] = [Math.floor(i / (width * height)), Math.floor(i / width) % height, i % width];
    const value = image.values[(channel * image.height + row) * image.width + column]!;
    levels[i] = Math.min(Math.max(Math.floor(255 * value + 0.5), 0), 255);
  }
  return { width, height, levels };
}
