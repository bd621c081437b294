/**
 * A reader of streams written from the text of FORMAT.md alone, on BigInt and plain loops, without a line of the codec: what it
 * and the codec agree on is what the document says. It verifies nothing but what it needs; it gives latents, not pixels.
 */
import type { IntegerLayer, IntegerModel, IntegerTable } from "./integer-model.ts";

/** What a stream says. */
export interface BookReading {
  readonly identity: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly tileSize: number;
  readonly sections: readonly (readonly number[])[];
  /** Hyper-latent `[N, H / 64, W / 64]`; empty without one. */
  readonly z: readonly number[];
  /** Scale of every element of y, by the exact layers; empty without a hyper-latent. */
  readonly scales: readonly number[];
  /** The same for the means. */
  readonly means: readonly number[];
  /** Symbols of y, `[M, H / 16, W / 16]`. */
  readonly symbols: readonly number[];
}

/** A map of numbers by channel, row and column. */
interface BookMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: readonly number[];
}

/** CRC-32 bit by bit, as the document describes it. */
function checksum(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** "Entropy-coded sections". */
export class SectionReader {
  readonly #bytes: number[];
  #x: bigint;

  constructor(bytes: readonly number[]) {
    this.#bytes = [...bytes];
    this.#x = 0n;
    for (let i = 0; i < 4; i++) this.#x = 256n * this.#x + BigInt(this.#next());
  }

  #next(): number {
    const byte = this.#bytes.shift();
    if (byte === undefined) throw new Error("by the book: truncated");
    return byte;
  }

  #step(frequencies: readonly number[]): number {
    const slot = this.#x % 65536n;
    let [entry, start] = [0, 0n];
    for (; slot >= start + BigInt(frequencies[entry]!); entry++) start += BigInt(frequencies[entry]!);
    this.#x = BigInt(frequencies[entry]!) * (this.#x / 65536n) + slot - start;
    while (this.#x < 2n ** 23n) this.#x = 256n * this.#x + BigInt(this.#next());
    return entry;
  }

  #bits(n: number): number {
    return this.#step(new Array<number>(2 ** n).fill(2 ** (16 - n)));
  }

  symbol({ first, frequencies }: IntegerTable): number {
    const entry = this.#step(frequencies);
    const escapeEntry = frequencies.length - 1;
    if (entry !== escapeEntry) return first + entry;
    const header = this.#bits(6);
    const exponent = Math.floor(header / 2);
    let rest = 0;
    if (exponent > 16) rest = 65536 * this.#bits(exponent - 16);
    if (exponent > 0) rest += this.#bits(Math.min(exponent, 16));
    const distance = 2 ** exponent + rest;
    return header % 2 === 0 ? first + escapeEntry - 1 + distance : first - distance;
  }

  end(): void {
    if (this.#bytes.length > 0 || this.#x !== 2n ** 23n) throw new Error("by the book: the section does not end");
  }
}

/** "Exact layers": each output gathers the inputs that it sees. */
export function layerByTheBook(x: BookMap, layer: IntegerLayer): BookMap {
  const { kind, kernel, stride, channels, inputChannels, inputLimit, weight, bias, exponents, activation } = layer;
  const height = kind === "deconv" ? x.height * stride : Math.ceil(x.height / stride);
  const width = kind === "deconv" ? x.width * stride : Math.ceil(x.width / stride);
  const values: number[] = [];
  /** The input's row or column that a tap of an output's row or column sees; NaN: none. */
  const seen = (at: number, tap: number, size: number): number => {
    const place = kind === "conv" ? at * stride + tap - (kernel >> 1) : (at + (kernel >> 1) - tap) / stride;
    return Number.isInteger(place) && place >= 0 && place < size ? place : Number.NaN;
  };
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        let sum = BigInt(bias[channel]!);
        for (let input = 0; input < inputChannels; input++) {
          for (let tap = 0; tap < kernel * kernel; tap++) {
            const from = [seen(row, Math.floor(tap / kernel), x.height), seen(column, tap % kernel, x.width)] as const;
            if (Number.isNaN(from[0] + from[1])) continue;
            const value = x.values[(input * x.height + from[0]) * x.width + from[1]]!;
            const outer = kind === "conv" ? channel * inputChannels + input : input * channels + channel;
            const clipped = Math.min(Math.max(value, -inputLimit), inputLimit);
            sum += BigInt(clipped) * BigInt(weight[outer * kernel * kernel + tap]!);
          }
        }
        const power = 2 ** exponents[channel]!;
        const whole = Number(sum);
        values.push(
          activation === "none"
            ? whole * power
            : Math.floor(Math.max(whole, Math.floor(whole * 2 ** -7) * 1.25) * power),
        );
      }
    }
  }
  return { channels, height, width, values };
}

/** "Container": what stands in front of the symbols. */
export interface BookSections extends Pick<BookReading, "identity" | "width" | "height" | "tileSize" | "sections"> {
  /** The field: 0, or 1 + 10 times the quality. */
  readonly quality: number;
}

/** Reads the container of a stream of version 1. */
export function sectionsByTheBook(bytes: readonly number[]): BookSections {
  const stored = bytes.slice(-4).reduceRight((sum, byte) => 256 * sum + byte, 0);
  if (checksum(bytes.slice(0, -4)) !== stored) throw new Error("by the book: the checksum does not fit");
  if (bytes.slice(0, 6).join() !== "137,72,83,10,1,0") throw new Error("by the book: not a stream of version 1");
  const identity = bytes.slice(6, 14);
  let at = 14;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte % 128) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const [width, height, quality, tileSize, payloadLength] = [varint(), varint(), varint(), varint(), varint()];
  const sections: number[][] = [];
  const end = at + payloadLength;
  while (at < end) {
    const length = tileSize === 0 ? payloadLength : varint();
    sections.push(bytes.slice(at, at + length));
    at += length;
  }
  if (at !== end || end !== bytes.length - 4) throw new Error("by the book: the lengths do not fit");
  return { identity, width, height, quality, tileSize, sections };
}

/** Reads a stream. */
export function readByTheBook(bytes: readonly number[], model: IntegerModel): BookReading {
  const { identity, width, height, tileSize, sections } = sectionsByTheBook(bytes);
  const { M, N, hyper, yTables } = model;
  const multiple = hyper === null ? 16 : 64;
  const [rows, columns] = [height, width].map((side) => (Math.ceil(side / multiple) * multiple) / 16) as [
    number,
    number,
  ];
  const side = tileSize === 0 ? Math.max(rows, columns) : tileSize / 16;
  const z: number[] = [];
  let [scales, means]: [readonly number[], readonly number[]] = [[], []];
  const readers = sections.map((section) => new SectionReader(section));
  let next = 0;
  if (hyper !== null) {
    const reader = readers[0] as SectionReader;
    const area = (rows / 4) * (columns / 4);
    for (let i = 0; i < N * area; i++) z.push(reader.symbol(hyper.zTables[Math.floor(i / area)] as IntegerTable));
    const input: BookMap = { channels: N, height: rows / 4, width: columns / 4, values: z };
    const { values } = hyper.layers.reduce(layerByTheBook, input);
    [scales, means] = [values.slice(0, values.length / 2), values.slice(values.length / 2)];
    if (tileSize !== 0) next = 1;
  }
  const symbols = new Array<number>(M * rows * columns);
  for (let top = 0; top < rows; top += side) {
    for (let left = 0; left < columns; left += side) {
      const reader = readers[next++] as SectionReader;
      for (let channel = 0; channel < M; channel++) {
        for (let row = top; row < Math.min(top + side, rows); row++) {
          for (let column = left; column < Math.min(left + side, columns); column++) {
            const i = (channel * rows + row) * columns + column;
            const level = hyper?.thresholds.filter((threshold) => threshold <= scales[i]!).length;
            symbols[i] = reader.symbol(yTables[level ?? channel] as IntegerTable);
          }
        }
      }
    }
  }
  for (const reader of readers) reader.end();
  if (next !== Math.max(1, readers.length)) throw new Error("by the book: not every section was read");
  return { identity, width, height, tileSize, sections, z, scales, means, symbols };
}
