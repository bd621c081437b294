/** What `halfstep demo` prints: a table for each model with a row of means, and how the figures were measured. */
import path from "node:path";
import type { JsonValue } from "../command-context.ts";
import { type Column, textTable } from "../text-table.ts";
import { type DemoResult, type DemoRow, TIMED_RUNS } from "./run-demo.ts";

const COLUMNS: readonly Column[] = [
  { heading: "file", align: "left" },
  { heading: "bytes", align: "right" },
  { heading: "bpp", align: "right" },
  { heading: "PSNR dB", align: "right" },
  { heading: "MS-SSIM", align: "right" },
  { heading: "encode ms", align: "right" },
  { heading: "decode ms", align: "right" },
  { heading: "JPEG dB", align: "right" },
  { heading: "difference dB", align: "right" },
];

/** Means over photographs. If one photograph lacks a figure, its mean is null, because it would be the mean of a selection. */
export interface DemoMeans {
  readonly bitsPerPixel: number;
  readonly psnrDb: number;
  readonly msSsim: number | null;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly jpegPsnrDb: number | null;
  /** PSNR of Halfstep minus PSNR of JPEG. */
  readonly differenceDb: number | null;
}

/** The means of at least one row. */
function demoMeans(rows: readonly DemoRow[]): DemoMeans {
  const mean = (figure: (row: DemoRow) => number): number =>
    rows.reduce((sum, row) => sum + figure(row), 0) / rows.length;
  const meanOrNull = (figure: (row: DemoRow) => number | null | undefined): number | null =>
    rows.some((row) => figure(row) == null) ? null : mean((row) => figure(row) as number);
  return {
    bitsPerPixel: mean((row) => row.bitsPerPixel),
    psnrDb: mean((row) => row.psnrDb),
    msSsim: meanOrNull((row) => row.msSsim),
    encodeMs: mean((row) => row.encodeMs),
    decodeMs: mean((row) => row.decodeMs),
    jpegPsnrDb: meanOrNull((row) => row.jpeg?.psnrDb),
    differenceDb: meanOrNull(differenceDb),
  };
}

/** The document of `--json`. */
export function demoDocument(folder: string, threads: number, results: readonly DemoResult[]): JsonValue {
  return {
    command: "demo",
    folder,
    threads,
    timedRuns: TIMED_RUNS,
    results: results.map(({ model, quality, effort, rows }) => ({
      model: model.name,
      modelIdentity: model.identity,
      quality,
      effort,
      rows: rows.map((row) => ({ ...row, differenceDb: differenceDb(row) })),
      means: { ...demoMeans(rows) },
    })),
  };
}

/** The tables and notes for people. */
export function demoText(folder: string, threads: number, results: readonly DemoResult[]): string {
  const tables = results.map(({ model, quality, effort, rows }) => {
    const { type, N, M } = model.network;
    const lines = rows.map((row) => cells(path.basename(row.file), String(row.bytes), row, row.jpeg?.psnrDb));
    const means = demoMeans(rows);
    if (rows.length > 1) lines.push(cells("mean", "", means, means.jpegPsnrDb));
    return `model ${model.name} (${type}, N = ${N}, M = ${M})${quality === null ? "" : `, quality ${quality}`}${effort === 0 ? "" : `, effort ${effort}`}\n\n${textTable(COLUMNS, lines)}\n`;
  });
  const pictures = results.flatMap(({ rows }) => rows.map(({ picture }) => `  ${picture}`));
  return [
    ...tables,
    "Bytes and bpp are those of the whole file. PSNR is over all pixels and the three channels.",
    `ms: from pixels to the .hst file on the disk, and from it to the PNG file; model loaded, ${threads === 1 ? "1 thread" : `${threads} threads`}, ` +
      `median of ${TIMED_RUNS} runs after one more${results.some(({ effort }) => effort > 0) ? "; encoding with an effort ran once" : ""}.`,
    "JPEG: mozjpeg, 4:2:0, the highest quality that is not larger than our file; difference: Halfstep minus JPEG.",
    "",
    `Everything is in ${folder}: .hst, the .png decoded from it, the .jpg, and all beside the original:`,
    ...pictures,
  ].join("\n");
}

function differenceDb(row: Pick<DemoRow, "psnrDb" | "jpeg">): number | null {
  return row.jpeg === null ? null : row.psnrDb - row.jpeg.psnrDb;
}

function cells(
  name: string,
  bytes: string,
  figures: Pick<DemoMeans, "bitsPerPixel" | "psnrDb" | "msSsim" | "encodeMs" | "decodeMs">,
  jpegPsnrDb: number | null | undefined,
): readonly string[] {
  const difference = jpegPsnrDb == null ? null : figures.psnrDb - jpegPsnrDb;
  return [
    name,
    bytes,
    figures.bitsPerPixel.toFixed(3),
    figures.psnrDb.toFixed(2),
    figures.msSsim?.toFixed(4) ?? "-",
    figures.encodeMs.toFixed(0),
    figures.decodeMs.toFixed(0),
    jpegPsnrDb?.toFixed(2) ?? "-",
    difference === null ? "-" : `${difference < 0 ? "" : "+"}${difference.toFixed(2)}`,
  ];
}
