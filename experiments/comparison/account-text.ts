/** The generated part of docs/experiments.md: how much of each plan is trained, and what every arm changes, as tables. */
import type { OpenEstimate } from "../../src/lab/estimate.ts";
import type { ArmEffect, ComparisonGroup } from "../../src/lab/paired-effects.ts";
import { rounded } from "../../src/report/chart.ts";
import { markdownTable } from "../../src/report/markdown.ts";
import type { SweepResult } from "../../src/train/sweep/collect-results.ts";
import { withGeneratedPart } from "../generated-part.ts";
import type { CurveGroup } from "./curve-effects.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import type { TradeoffPanel, TradeoffPoint } from "./tradeoff-chart.ts";

const PART = {
  start: "<!-- account: made by `npx tsx experiments/comparison/account.ts` -->",
  end: "<!-- /account -->",
};

const COLUMNS = ["arm", "seeds", "against `mixed`, %", "against `aun`, %", "loss", "bpp", "PSNR dB"];

/**
 * The tables, plan by plan.
 * @param panels what the arms do to the trunks
 * @param files the groups again, by the loss of real files
 * @param curves BD-rates over several lambdas, by real files
 */
export function accountText(
  results: readonly SweepResult[],
  groups: readonly ComparisonGroup[],
  panels: readonly TradeoffPanel[],
  files: readonly ComparisonGroup[],
  curves: readonly CurveGroup[],
): string {
  const done = results.map(({ meta: { plan, planned, finished, diverged, threadHours } }) => [
    plan,
    String(planned),
    String(finished),
    String(diverged),
    threadHours.toFixed(1),
  ]);
  return [
    "### How much is trained",
    markdownTable(["plan", "runs planned", "finished", "diverged", "hours of one thread"], done),
    ...groups.flatMap((group) => groupText("", group)),
    ...files.flatMap((group) => groupText("Real files of Kodak: ", group)),
    ...curves.flatMap(curveText),
    ...panels.flatMap(forcesText),
  ].join("\n\n");
}

function groupText(before: string, { plan, stage, setting, arms, variants }: ComparisonGroup): readonly string[] {
  const title = [plan, stage, setting].filter((word) => word !== "").join(", ");
  const changed = variants.map(({ arm, base, change }) => [arm, base, percentText(change)]);
  return [
    `### ${before}${title}`,
    markdownTable(COLUMNS, arms.map(cellsOf)),
    ...(changed.length === 0 ? [] : [markdownTable(VARIANTS, changed)]),
  ];
}

const CURVES = [
  "arm",
  "seeds",
  "PSNR: against `mixed`, %",
  "against `aun`, %",
  "MS-SSIM: against `mixed`, %",
  "against `aun`, %",
];

function curveText({ plan, lambdas, arms, falling }: CurveGroup): readonly string[] {
  const rows = arms.map(({ arm, seeds, change }) => [
    arm,
    String(seeds),
    ...[change.PSNR, change["MS-SSIM"]].flatMap(({ mixed, aun }) => [
      arm === "mixed" ? "" : percentText(mixed),
      arm === "aun" ? "" : percentText(aun),
    ]),
  ]);
  return [
    `### BD-rate, real files of Kodak: ${plan}, lambdas ${lambdas.join(", ")}`,
    markdownTable(CURVES, rows),
    ...(falling.length === 0 ? [] : [`Left out, because a greater rate has a lower quality: ${falling.join(", ")}.`]),
  ];
}

const VARIANTS = ["arm", "the same without the change", "change of the loss, %"];
const FORCES = ["arm", "risk", "mismatch, %", "loss after training, % against `mixed`"];

/** The two forces at the trunks, and how well each tells the order of the arms. */
function forcesText({ title, points }: TradeoffPanel): readonly string[] {
  const trained = points.flatMap(({ change, ...point }) => (change === null ? [] : [{ ...point, change }]));
  if (trained.length === 0) return [];
  const orderBy = (force: (point: TradeoffPoint) => number): string =>
    rankCorrelation(trained.map((point) => [force(point), point.change]))?.toFixed(2) ?? "-";
  const rows = [...trained]
    .sort((a, b) => a.risk - b.risk)
    .map(({ arm, risk, mismatch, change }) => [arm, String(rounded(risk, 3)), signed(mismatch), signed(change)]);
  return [
    `### Risk and mismatch at the trunks, ${title}`,
    `Rank correlation (Spearman) with the loss after training, over these ${trained.length} arms: risk ${orderBy(({ risk }) => risk)}, size of the mismatch ${orderBy(({ mismatch }) => Math.abs(mismatch))}.`,
    markdownTable(FORCES, rows),
  ];
}

function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
}

function cellsOf({ arm, finished, diverged, hard, change }: ArmEffect): readonly string[] {
  const seeds = diverged === 0 ? String(finished) : `${finished}, ${diverged} diverged`;
  return [
    arm,
    seeds,
    arm === "mixed" ? "" : percentText(change.mixed),
    arm === "aun" ? "" : percentText(change.aun),
    hard?.loss.toFixed(4) ?? "-",
    hard?.bitsPerPixel.toFixed(4) ?? "-",
    hard?.psnrDb.toFixed(2) ?? "-",
  ];
}

/** A change and its interval, as `-0.31 (-0.45 to -0.17)`. There is no interval if there was one seed. */
function percentText(change: OpenEstimate | null): string {
  if (change === null) return "-";
  const { value, low, high } = change;
  return low === null || high === null ? signed(value) : `${signed(value)} (${signed(low)} to ${signed(high)})`;
}

/** docs/experiments.md with its generated part replaced. @throws {HalfstepError} `bad-document` if the two marks are not there */
export function withAccount(document: string, account: string): string {
  return withGeneratedPart(document, "docs/experiments.md", PART, account);
}
