/** `halfstep lab surrogate`: mismatch, noise and gradient of one surrogate, for a latent that is uniform in its cell. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { ESTIMATE_METHODS, type Estimate, type EstimateMethod } from "../../lab/estimate.ts";
import type { Execute } from "../command-context.ts";
import { positiveInteger } from "../parse-option.ts";
import { finiteNumber, lookUp, oneOf, seedNumber, targetOffsetNumber } from "./lab-options.ts";

interface SurrogateCommandOptions {
  readonly id: string;
  readonly form?: string;
  readonly temperature?: number;
  readonly concentration?: number;
  readonly gradient?: string;
  readonly targetOffset: number;
  readonly method?: EstimateMethod;
  readonly samples: number;
  readonly seed: number;
}

/** Adds the command. */
export function registerLabSurrogate(lab: Command, execute: Execute): void {
  lab
    .command("surrogate")
    .description("measure one surrogate: mismatch, noise power, and bias and variance of its gradient")
    .requiredOption("--id <name>", "the surrogate, such as aun, ste or sua; an unknown name lists all")
    .option("--form <name>", "one of its forms, if it has several")
    .option("--temperature <t>", "its temperature (default: where its annealing ends)", finiteNumber)
    .option(
      "--concentration <c>",
      "concentration of its noise, if it has one (default: from the temperature)",
      finiteNumber,
    )
    .option("--gradient <mode>", "pathwise, straight-through, soft or expected (default: its first)")
    .option("--target-offset <d>", "the loss is (v - t)^2 with the target t = y - d", targetOffsetNumber, 0.3)
    .option(
      "--method <method>",
      `one of: ${ESTIMATE_METHODS.join(", ")} (default: the best for each figure)`,
      oneOf(ESTIMATE_METHODS),
    )
    .option("--samples <n>", "how many latents a simulation draws", positiveInteger, 200_000)
    .option("--seed <n>", "seed of a simulation", seedNumber, 1)
    .action((options: SurrogateCommandOptions) =>
      execute(async (context) => {
        const { STATISTIC_NAMES, statisticsProblem, studyName, studySurrogate, surrogateStatistics } = await import(
          "../../lab/index.ts"
        );
        const study = lookUp(() => studySurrogate(options));
        const { targetOffset, method, samples, seed } = options;
        const how = { targetOffset, samples, seed, ...(method === undefined ? {} : { method }) };
        const problem = statisticsProblem(study, how);
        if (problem !== null) throw new UsageError("bad-lab-option", problem);
        const statistics = surrogateStatistics(study, how);
        const { surrogate, temperature, concentration, gradient } = study;
        const figures = Object.fromEntries(
          STATISTIC_NAMES.flatMap((name) => {
            const estimate = statistics[name];
            return estimate === undefined ? [] : [[name, estimate === null ? null : { ...estimate }]];
          }),
        );
        context.report(
          {
            command: "lab surrogate",
            id: surrogate.id,
            form: surrogate.form,
            temperature,
            ...(concentration === undefined ? {} : { concentration }),
            gradient,
            isReconstruction: surrogate.isReconstruction,
            targetOffset,
            ...figures,
          },
          [
            `${studyName(study)}: ${surrogate.title}${surrogate.isReconstruction ? " (our reconstruction)" : ""}`,
            ...STATISTIC_NAMES.map((name) => `${name.padEnd(20)}${estimateText(statistics[name])}`),
          ].join("\n"),
        );
      }),
    );
}

/** A number with its interval and where it came from. */
function estimateText(estimate: Estimate | null | undefined): string {
  if (estimate === undefined) return "no closed form";
  if (estimate === null) return "not defined for an expected gradient";
  const { value, low, high, method } = estimate;
  const interval = low === high ? "" : ` ± ${((high - low) / 2).toPrecision(2)}`;
  return `${value.toPrecision(5)}${interval} (${method})`;
}
