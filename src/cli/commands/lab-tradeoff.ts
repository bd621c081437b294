/** `halfstep lab tradeoff`: mismatch against gradient risk of every surrogate, for a latent of a known density. */
import type { Command } from "commander";
import type { Estimate, TradeoffPoint } from "../../lab/index.ts";
import { HIGH_RATE_WEIGHT, LOSS_NAMES, type LossName } from "../../lab/tradeoff/losses.ts";
import { SOURCE_NAMES, type SourceName } from "../../lab/tradeoff/sources.ts";
import {
  DIRECTION_NAMES,
  type DirectionName,
  REFERENCE_NAMES,
  type ReferenceName,
} from "../../lab/tradeoff/tradeoff.ts";
import { prepareFigures, writeFigures } from "../../report/figures/write-figures.ts";
import type { Execute } from "../command-context.ts";
import { type Column, textTable } from "../text-table.ts";
import { finiteNumber, lookUp, oneOf, positiveUpTo, targetOffsetNumber } from "./lab-options.ts";

interface TradeoffCommandOptions {
  readonly source: SourceName;
  readonly scale: number;
  readonly offset: number;
  readonly loss: LossName;
  readonly direction: DirectionName;
  readonly reference: ReferenceName;
  readonly targetOffset: number;
  readonly weight: number;
  readonly out?: string;
  readonly force?: boolean;
}

const COLUMNS: readonly Column[] = [
  { heading: "surrogate", align: "left" },
  ...["T", "mismatch", "bias^2", "variance", "risk"].map((heading) => ({ heading, align: "right" as const })),
];

/** Adds the command. */
export function registerLabTradeoff(lab: Command, execute: Execute): void {
  lab
    .command("tradeoff")
    .description("compare mismatch and gradient risk of every surrogate along its temperatures")
    .requiredOption("--source <name>", `density of the latent: ${SOURCE_NAMES.join(", ")}`, oneOf(SOURCE_NAMES))
    .requiredOption("--scale <s>", "its standard deviation, in steps", finiteNumber)
    .option("--offset <o>", "its centre, in steps", finiteNumber, 0.3)
    .requiredOption("--loss <name>", `the loss that is differentiated: ${LOSS_NAMES.join(", ")}`, oneOf(LOSS_NAMES))
    .option("--direction <name>", `how latents move: ${DIRECTION_NAMES.join(", ")}`, oneOf(DIRECTION_NAMES), "shift")
    .option(
      "--reference <name>",
      `what bias is measured against: ${REFERENCE_NAMES.join(", ")}; the last two compare latent by latent`,
      oneOf(REFERENCE_NAMES),
      "exact",
    )
    .option("--target-offset <d>", "the distortion is (v - t)^2 with the target t = y - d", targetOffsetNumber, 0.3)
    .option("--weight <w>", "bits for a squared step of distortion in rd", positiveUpTo(1e6), HIGH_RATE_WEIGHT)
    .option("--out <folder>", "write the chart there, as SVG and PNG")
    .option("--force", "replace existing figures")
    .action((options: TradeoffCommandOptions) =>
      execute(async (context) => {
        const { createLoss, createSource, makeLaws, sweepStudies, tradeoffSweep } = await import("../../lab/index.ts");
        const { tradeoffChart, tradeoffName } = await import("../../report/lab/index.ts");
        const { loss, direction, reference, targetOffset, weight, out, force = false } = options;
        const source = lookUp(() => createSource(options.source, options.scale, options.offset));
        const problem = {
          source,
          loss: createLoss(loss, source, { targetOffset, distortionWeight: weight }),
          direction,
          reference,
        };
        const name = tradeoffName(problem, loss);
        if (out !== undefined) await prepareFigures(out, [name], force);
        const studies = sweepStudies(loss === "rate");
        const laws = makeLaws(studies, source.scale, (done) =>
          context.progress(`surrogate ${done} of ${studies.length}`),
        );
        const sweep = tradeoffSweep(laws, problem);
        const files =
          out === undefined ? [] : await writeFigures(out, [tradeoffChart(sweep, problem, { loss })], force);
        context.report(
          {
            command: "lab tradeoff",
            source: source.name,
            scale: source.scale,
            offset: source.offset,
            loss,
            direction,
            reference,
            targetOffset,
            weight: loss === "rd" ? weight : null,
            hardDerivative: sweep.hardDerivative,
            points: sweep.points.map(pointDocument),
            files,
          },
          [
            `exact derivative of the expected hard loss: ${sweep.hardDerivative.toPrecision(5)}`,
            textTable(
              COLUMNS,
              sweep.points.map((point) => rowOf(point, reference)),
            ),
            ...files,
          ].join("\n"),
        );
      }),
    );
}

function pointDocument({ study, figures }: TradeoffPoint) {
  const { biasSquared, ...others } = figures;
  const plain = (estimate: Estimate) => ({ ...estimate });
  return {
    id: study.surrogate.id,
    form: study.surrogate.form,
    temperature: study.temperature,
    gradient: study.gradient,
    mismatch: plain(others.mismatch),
    lossMismatch: plain(others.lossMismatch),
    meanGradient: plain(others.meanGradient),
    biasSquared: {
      exact: plain(biasSquared.exact),
      noise: plain(biasSquared.noise),
      slope: plain(biasSquared.slope),
    },
    variance: plain(others.variance),
    totalVariance: plain(others.totalVariance),
    risk: plain(others.risk),
  };
}

function rowOf({ series, study, figures }: TradeoffPoint, reference: ReferenceName): readonly string[] {
  const short = ({ value }: Estimate): string => (Math.abs(value) < 1e-9 ? "0" : value.toPrecision(3));
  return [
    series,
    study.temperature === null ? "" : `${study.temperature}`,
    short(figures.mismatch),
    short(figures.biasSquared[reference]),
    short(figures.variance),
    short(figures.risk),
  ];
}
