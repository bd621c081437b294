/** `halfstep lab network`: what each pair of surrogates does to a trained network on real images. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { SurrogatePair } from "../../lab/index.ts";
import type { PairFigures } from "../../lab/trained/study-network.ts";
import { prepareFigures, writeFigures } from "../../report/figures/write-figures.ts";
import type { NetworkChartPoint } from "../../report/lab/index.ts";
import type { Execute } from "../command-context.ts";
import { collect, positiveInteger, threadCount } from "../parse-option.ts";
import { type Column, textTable } from "../text-table.ts";
import { atLeast, finiteNumber, lookUp, multipleOf, seedNumber } from "./lab-options.ts";

interface NetworkCommandOptions {
  readonly checkpoint: string;
  readonly images: readonly string[];
  readonly pair: readonly string[];
  readonly crop: number;
  readonly count: number;
  readonly draws: number;
  readonly temperature?: number;
  readonly seed: number;
  readonly threads: number;
  readonly out?: string;
  readonly force?: boolean;
}

const COLUMNS: readonly Column[] = [
  { heading: "pair", align: "left" },
  ...["bpp", "d bpp", "MSE x 255^2", "d MSE", "d loss %", "95 %", "gradient noise"].map((heading) => ({
    heading,
    align: "right" as const,
  })),
];

/** Adds the command. */
export function registerLabNetwork(lab: Command, execute: Execute): void {
  lab
    .command("network")
    .description("measure train-test mismatch and gradient noise of each pair of surrogates on a trained network")
    .requiredOption("--checkpoint <run>", "folder of a training run")
    .option(
      "--images <path>",
      "image or folder of images; may be repeated (default: the package's samples)",
      collect,
      [],
    )
    .option("--pair <name>", "a surrogate or a named pair; may be repeated (default: all)", collect, [])
    .option(
      "--crop <pixels>",
      "side of the square that is cut from the middle of each image, in pixels",
      multipleOf(64),
      256,
    )
    .option("--count <n>", "how many images at most", positiveInteger, 4)
    .option("--draws <n>", "draws of noise for each image, at least 2", atLeast(2), 8)
    .option(
      "--temperature <t>",
      "temperature of all surrogates that have one (default: where their annealing ends)",
      finiteNumber,
    )
    .option("--seed <n>", "seed of the noise", seedNumber, 1)
    .option("--threads <n>", "threads", threadCount, 1)
    .option("--out <folder>", "write the chart there, as SVG and PNG")
    .option("--force", "replace existing figures")
    .action((options: NetworkCommandOptions) =>
      execute(async (context) => {
        const { checkTemperature, findPairs, SURROGATE_PAIRS } = await import("../../lab/index.ts");
        const { NETWORK_CHART_NAME, networkChart, noiseText } = await import("../../report/lab/index.ts");
        const { describeStudy, networkOfRun, openGraphOn, readCrops, relativeFigures, SAMPLE_FOLDER, studyNetwork } =
          await import("../../lab/trained/index.ts");
        const { checkpoint, crop, count, draws, temperature, seed, threads, out, force = false } = options;
        // At fixed weights, a two-stage pair is the same as the surrogates of its first stage.
        const pairs =
          options.pair.length === 0
            ? SURROGATE_PAIRS.filter(({ hardFrom }) => hardFrom === null)
            : lookUp(() => findPairs(options.pair)).map(checkStages);
        if (temperature !== undefined) lookUp(() => checkTemperature(pairs, temperature));
        if (out !== undefined) await prepareFigures(out, [NETWORK_CHART_NAME], force);
        const network = await networkOfRun(checkpoint);
        for (const warning of network.warnings) context.note(warning);
        const sources = options.images.length === 0 ? [SAMPLE_FOLDER] : options.images;
        const crops = await readCrops(sources, crop, count);
        const study = await studyNetwork(
          network,
          crops,
          { pairs, draws, seed, ...(temperature === undefined ? {} : { temperature }) },
          openGraphOn("cpu", threads),
          (progress) => context.progress(progress),
        );
        const rows = study.pairs.map((figures) => ({ figures, point: relativeFigures(figures, study.hard) }));
        const points = rows.map(({ point }) => point);
        const { network: shape, surrogate, lambda, lambdaRange, distortion = "mse" } = network.config;
        const subtitle = [describeStudy(network, crops.length, draws)];
        const files = out === undefined ? [] : await writeFigures(out, [networkChart(points, subtitle)], force);
        context.report(
          {
            command: "lab network",
            checkpoint,
            step: network.step,
            network: JSON.parse(JSON.stringify(shape)),
            // A network of variable rate does not use the single lambda.
            lambda: lambdaRange === undefined ? lambda : null,
            lambdaRange: lambdaRange === undefined ? null : [...lambdaRange],
            distortion,
            trainedWith: JSON.parse(JSON.stringify(surrogate)),
            images: crops.map(({ name }) => name),
            crop,
            draws,
            temperature: temperature ?? null,
            hard: { ...study.hard },
            pairs: rows.map(({ figures, point }) => ({ ...plain(figures), ...relative(point) })),
            files,
          },
          [
            `real rounding: ${study.hard.bitsPerPixel.toFixed(4)} bpp, MSE ${(study.hard.meanSquaredError * 255 ** 2).toFixed(2)}, loss ${study.hard.loss.toFixed(4)}`,
            textTable(
              COLUMNS,
              rows.map(({ figures, point }) =>
                rowOf(
                  figures,
                  point,
                  noiseText(point, (value) => value.toPrecision(3)),
                ),
              ),
            ),
            "d: value with the surrogates minus value with real rounding; 95 %: interval of d loss over images; gradient noise: variance of the encoder's gradient over its squared mean",
            ...files,
          ].join("\n"),
        );
      }),
    );
}

/** A pair that a user named, if it has one stage. @throws {UsageError} "bad-lab-option" */
function checkStages(pair: SurrogatePair): SurrogatePair {
  if (pair.hardFrom === null) return pair;
  const { id: first } = typeof pair.rate === "string" ? { id: pair.rate } : pair.rate;
  throw new UsageError(
    "bad-lab-option",
    `pair of surrogates: got "${pair.name}", expected one of a single stage; at fixed weights it is ${first}, so name ${first}`,
  );
}

function plain(figures: PairFigures) {
  const { soft, lossMismatch, rateMismatch, distortionMismatch, ...others } = figures;
  return {
    ...others,
    soft: { ...soft },
    lossMismatch: { ...lossMismatch },
    rateMismatch: { ...rateMismatch },
    distortionMismatch: { ...distortionMismatch },
  };
}

function relative(point: NetworkChartPoint) {
  return {
    relativeLossMismatch: point.relativeMismatch,
    relativeGradientVariance: point.varianceIsBound ? null : point.relativeVariance,
    relativeGradientVarianceAbove: point.varianceIsBound ? point.relativeVariance : null,
  };
}

function rowOf(figures: PairFigures, point: NetworkChartPoint, noise: string): readonly string[] {
  const { pair, soft, rateMismatch, distortionMismatch } = figures;
  return [
    pair,
    soft.bitsPerPixel.toFixed(4),
    rateMismatch.value.toFixed(4),
    (soft.meanSquaredError * 255 ** 2).toFixed(2),
    (distortionMismatch.value * 255 ** 2).toFixed(2),
    (100 * point.relativeMismatch).toFixed(2),
    intervalOf(point),
    noise,
  ];
}

/** The interval of "d loss %"; empty for a single image. */
function intervalOf({ low, high }: NetworkChartPoint): string {
  return low === null || high === null ? "" : `${(100 * low).toFixed(2)}..${(100 * high).toFixed(2)}`;
}
