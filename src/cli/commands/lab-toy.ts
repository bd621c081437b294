/** `halfstep lab toy`: codecs for points of the plane, trained with each pair of surrogates and judged by real rounding. */
import type { Command } from "commander";
import type { TrainedToy } from "../../lab/index.ts";
import { prepareFigures, writeFigures } from "../../report/figures/write-figures.ts";
import type { Execute } from "../command-context.ts";
import { collect, positiveInteger, threadCount } from "../parse-option.ts";
import { type Column, textTable } from "../text-table.ts";
import { finiteNumber, lookUp, positiveUpTo } from "./lab-options.ts";

interface ToyCommandOptions {
  readonly pair: readonly string[];
  readonly seeds: number;
  readonly steps: number;
  readonly lambda: number;
  readonly temperature?: number;
  readonly threads: number;
  readonly out?: string;
  readonly force?: boolean;
}

const COLUMNS: readonly Column[] = [
  { heading: "pair", align: "left" },
  ...["loss", "spread", "bits", "distance^2", "in training"].map((heading) => ({ heading, align: "right" as const })),
];

/** Adds the command. */
export function registerLabToy(lab: Command, execute: Execute): void {
  lab
    .command("toy")
    .description(
      "train small codecs for points of the plane with each pair of surrogates, and judge them by real rounding",
    )
    .option("--pair <name>", "a surrogate or a named pair; may be repeated (default: all)", collect, [])
    .option("--seeds <n>", "codecs for each pair", positiveInteger, 3)
    .option("--steps <n>", "training steps", positiveInteger, 3000)
    .option("--lambda <l>", "bits that a squared unit of distance is worth", positiveUpTo(1e4), 16)
    .option(
      "--temperature <t>",
      "a fixed temperature for all surrogates that have one (default: their annealing)",
      finiteNumber,
    )
    .option("--threads <n>", "threads", threadCount, 1)
    .option("--out <folder>", "write the charts there, as SVG and PNG")
    .option("--force", "replace existing figures")
    .action((options: ToyCommandOptions) =>
      execute(async (context) => {
        const { checkTemperature, findPairs, SURROGATE_PAIRS, trainToys } = await import("../../lab/index.ts");
        const { TOY_CHART_NAMES, toyCellsChart, toyLossChart } = await import("../../report/lab/index.ts");
        const { openGraphOn } = await import("../../lab/trained/index.ts");
        const { seeds, steps, lambda, temperature, out, force = false } = options;
        const pairs = options.pair.length === 0 ? SURROGATE_PAIRS : lookUp(() => findPairs(options.pair));
        if (temperature !== undefined) lookUp(() => checkTemperature(pairs, temperature));
        if (out !== undefined) await prepareFigures(out, Object.values(TOY_CHART_NAMES), force);
        const { toys, pictures } = await trainToys(
          { pairs, seeds, steps, lambda, ...(temperature === undefined ? {} : { temperature }) },
          openGraphOn("cpu", options.threads),
          (progress) => context.progress(progress),
        );
        const charts = [toyLossChart(toys), toyCellsChart(pictures)];
        const files = out === undefined ? [] : await writeFigures(out, charts, force);
        const summaries = pairs.map(({ name }) => ({ name, own: toys.filter(({ pair }) => pair.name === name) }));
        context.report(
          {
            command: "lab toy",
            steps,
            lambda,
            temperature: temperature ?? null,
            pairs: summaries.map(({ name, own }) => ({
              name,
              hardLoss: mean(own.map(({ hard }) => hard.loss)),
              runs: own.map(({ seed, hard, soft }) => ({ seed, hard: { ...hard }, soft: { ...soft } })),
            })),
            files,
          },
          [
            textTable(
              COLUMNS,
              summaries.map(({ name, own }) => rowOf(name, own)),
            ),
            "loss, bits and distance^2 with real rounding, mean of the seeds; spread: largest minus smallest loss",
            ...files,
          ].join("\n"),
        );
      }),
    );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rowOf(name: string, own: readonly TrainedToy[]): readonly string[] {
  const losses = own.map(({ hard }) => hard.loss);
  return [
    name,
    mean(losses).toFixed(3),
    (Math.max(...losses) - Math.min(...losses)).toFixed(3),
    mean(own.map(({ hard }) => hard.bits)).toFixed(3),
    mean(own.map(({ hard }) => hard.distortion)).toFixed(4),
    mean(own.map(({ soft }) => soft.loss)).toFixed(3),
  ];
}
