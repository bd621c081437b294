/**
 * Speed and size of the entropy coder on one core: 300,000 symbols with a table index of their own each.
 *
 * The symbols are drawn from the coder's own Gaussian tables. Each "channel" of 1536 symbols has a mean level, and the level of a
 * symbol scatters around it without any correlation. That is harder on branch prediction and caches than the smooth scale maps of
 * real images. Every case is verified before it is timed. Encoding and decoding take turns, and so do the
 * cases. Run: `npx tsx bench/entropy-coder.ts [--json]`.
 */
import { pathToFileURL } from "node:url";
import { gaussianScales, gaussianTables } from "../src/codec/entropy/gaussian-tables.ts";
import { informationBits } from "../src/codec/entropy/information.ts";
import { SymbolDecoder } from "../src/codec/entropy/rans-decoder.ts";
import { SymbolEncoder } from "../src/codec/entropy/rans-encoder.ts";
import type { FrequencyTableSet } from "../src/codec/entropy/table-set.ts";
import { describeProcessor } from "../src/surroundings.ts";
import { uniformSource } from "../test/support/uniform-source.ts";
import { type BenchReport, median, printReport } from "./report.ts";

const SYMBOL_COUNT = 300_000;
const CHANNEL_SYMBOLS = 1536;
const WARM_UP_RUNS = 5;
const TIMED_RUNS = 15;

interface Workload {
  readonly name: string;
  /** Largest mean level of a channel: the bits per symbol grow with it. */
  readonly highestMeanLevel: number;
  readonly symbols: Int32Array;
  readonly indexes: Uint8Array;
}

function makeWorkload(name: string, highestMeanLevel: number, tables: FrequencyTableSet): Workload {
  const uniform = uniformSource(1);
  const symbols = new Int32Array(SYMBOL_COUNT);
  const indexes = new Uint8Array(SYMBOL_COUNT);
  let meanLevel = 0;
  for (let i = 0; i < SYMBOL_COUNT; i++) {
    if (i % CHANNEL_SYMBOLS === 0) meanLevel = highestMeanLevel * uniform() ** 2 - 2;
    const scatter = 5 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const level = Math.min(tables.tableCount - 1, Math.max(0, Math.round(meanLevel + scatter)));
    const begin = tables.entryStarts[level]!;
    const last = tables.entryStarts[level + 1]! - 2; // the escape is drawn as its neighbour
    const slot = Math.floor(65536 * uniform());
    let entry = begin;
    while (entry < last && tables.entries[entry + 1]! >>> 16 <= slot) entry++;
    indexes[i] = level;
    symbols[i] = tables.firstSymbols[level]! + entry - begin;
  }
  return { name, highestMeanLevel, symbols, indexes };
}

function encode(workload: Workload, tables: FrequencyTableSet): Uint8Array {
  const encoder = new SymbolEncoder();
  encoder.push(workload.symbols, workload.indexes, tables);
  return encoder.finish();
}

function decode(bytes: Uint8Array, workload: Workload, tables: FrequencyTableSet, out: Int32Array): void {
  const decoder = new SymbolDecoder(bytes);
  decoder.decode(workload.indexes, tables, out);
  decoder.finish();
}

/**
 * Measures the entropy coder at three rates.
 * @param options.json does not change the measurement; present so that all benchmarks are called alike
 * @throws {Error} if a round trip fails
 */
export async function benchEntropyCoder(_options: { readonly json: boolean }): Promise<BenchReport> {
  const tables = gaussianTables(gaussianScales());
  const cases = [
    makeWorkload("low rate", 9, tables),
    makeWorkload("medium rate", 24, tables),
    makeWorkload("high rate", 52, tables),
  ].map((workload) => ({
    workload,
    encodeNs: [] as number[],
    decodeNs: [] as number[],
    bytes: encode(workload, tables),
  }));
  const out = new Int32Array(SYMBOL_COUNT);
  for (const { workload, bytes } of cases) {
    out.fill(0x7fffffff);
    decode(bytes, workload, tables, out);
    const wrong = out.findIndex((symbol, i) => symbol !== workload.symbols[i]);
    if (wrong >= 0) throw new Error(`internal: the round trip of "${workload.name}" fails at symbol ${wrong}`);
  }
  for (let run = -WARM_UP_RUNS; run < TIMED_RUNS; run++) {
    for (const { workload, encodeNs, decodeNs, bytes } of cases) {
      const start = performance.now();
      encode(workload, tables);
      const middle = performance.now();
      decode(bytes, workload, tables, out);
      const end = performance.now();
      if (run < 0) continue;
      encodeNs.push(((middle - start) * 1e6) / SYMBOL_COUNT);
      decodeNs.push(((end - middle) * 1e6) / SYMBOL_COUNT);
    }
  }
  const rows = cases.map(({ workload, encodeNs, decodeNs, bytes }) => {
    const bits = informationBits(workload.symbols, workload.indexes, tables);
    const [encodeMedian, decodeMedian] = [median(encodeNs), median(decodeNs)];
    return {
      case: workload.name,
      "bits/symbol": Number((bits / SYMBOL_COUNT).toFixed(3)),
      bytes: bytes.length,
      "overhead %": Number(((100 * (8 * bytes.length - bits)) / bits).toFixed(4)),
      "encode ns/symbol": Number(encodeMedian.toFixed(2)),
      "decode ns/symbol": Number(decodeMedian.toFixed(2)),
      "encode Msymbols/s": Number((1000 / encodeMedian).toFixed(1)),
      "decode Msymbols/s": Number((1000 / decodeMedian).toFixed(1)),
    };
  });
  return {
    name: "Entropy coder: rANS, 64 Gaussian tables, a table index for each symbol",
    rows,
    notes: [
      `${SYMBOL_COUNT} symbols, one thread; medians of ${TIMED_RUNS} runs after ${WARM_UP_RUNS} to warm up; round trips verified.`,
      "Overhead: file bytes over the information content by the integer tables, 4 bytes of state included.",
      `${describeProcessor().model}, Node ${process.version}.`,
    ],
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const json = process.argv.includes("--json");
  printReport(await benchEntropyCoder({ json }), { json }, (text) => process.stdout.write(text));
}
