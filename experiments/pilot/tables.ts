/** The generated part of the pilot's README: one table for each lambda, the best run on top. */
import { markdownTable } from "../../src/report/markdown.ts";
import { withGeneratedPart } from "../generated-part.ts";
import type { PilotResult, PilotRow } from "./pilot-result.ts";

const PART = { start: "<!-- results -->", end: "<!-- /results -->" };

const COLUMNS = [
  "pair",
  "hard loss",
  "bpp",
  "PSNR dB",
  "training loss",
  "mismatch on the samples",
  "encoder gradient noise",
];

/** How many runs there are, what a reader must know of them, and the tables. */
export function pilotTables({ meta, rows }: PilotResult): string {
  const lambdas = [...new Set(rows.map(({ lambda }) => lambda))];
  return [
    `${meta.finished} of ${meta.planned} runs.`,
    ...(meta.note === undefined ? [] : [meta.note]),
    ...lambdas.map((lambda) => tableOf(rows, lambda)),
  ].join("\n\n");
}

function tableOf(rows: readonly PilotRow[], lambda: number): string {
  const ofLambda = rows.filter((row) => row.lambda === lambda);
  const sorted = ofLambda.toSorted((a, b) => (a.hardLoss ?? Infinity) - (b.hardLoss ?? Infinity));
  return `Lambda ${lambda}:\n\n${markdownTable(COLUMNS, sorted.map(cellsOf))}`;
}

function cellsOf(row: PilotRow): readonly string[] {
  if (row.status === "diverged") return [row.pair, ...COLUMNS.slice(1).map(() => "diverged")];
  const number = (value: number | null | undefined, digits: number): string => value?.toFixed(digits) ?? "-";
  const { low = null, high = null } = row.mismatch ?? {};
  const between = low === null || high === null ? "" : ` (${low.toFixed(3)}..${high.toFixed(3)})`;
  const above = row.encoderGradientNoiseAbove;
  return [
    row.pair,
    number(row.hardLoss, 4),
    number(row.hardBitsPerPixel, 4),
    number(row.hardPsnrDb, 2),
    number(row.trainingLoss, 4),
    number(row.mismatch?.value, 4) + between,
    above === undefined ? number(row.encoderGradientNoise, 3) : `> ${above}`,
  ];
}

/**
 * The README with its generated part replaced.
 * @throws {HalfstepError} `bad-document` if the two marks are not there
 */
export function withPilotTables(readme: string, tables: string): string {
  return withGeneratedPart(readme, "experiments/pilot/README.md", PART, tables);
}
