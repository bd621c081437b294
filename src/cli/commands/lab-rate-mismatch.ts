/** `halfstep lab rate-mismatch`: bits that training sees and bits that the coder spends, for one normal latent. */

import type { Command } from "commander";
import { DEFAULT_SCALE_BOUND } from "../../scale-bound.ts";
import type { Execute } from "../command-context.ts";
import { positiveUpTo } from "./lab-options.ts";

interface RateMismatchCommandOptions {
  readonly deviation: number;
  readonly bound: number;
}

const BOUND_HELP = "lower bound on the scale of the entropy model, in steps";

/** Adds the command. */
export function registerLabRateMismatch(lab: Command, execute: Execute): void {
  lab
    .command("rate-mismatch")
    .description("compare the bits in training and in the stream, for a normal latent and a lower bound on its scale")
    .requiredOption("--deviation <d>", "standard deviation around the predicted mean, in steps", positiveUpTo(1000))
    .option("--bound <b>", BOUND_HELP, positiveUpTo(1000), DEFAULT_SCALE_BOUND)
    .action(({ deviation, bound }: RateMismatchCommandOptions) =>
      execute(async (context) => {
        const { rateMismatch } = await import("../../lab/index.ts");
        const { scale, trainingBits, realBits } = rateMismatch({ deviation, bound });
        context.report(
          {
            command: "lab rate-mismatch",
            deviation,
            bound,
            scale,
            trainingBits: trainingBits.value,
            realBits: realBits.value,
            method: "quadrature",
            largestError: Math.max(trainingBits.high - trainingBits.value, realBits.high - realBits.value),
          },
          [
            `latent    normal, deviation ${deviation}, coded with scale ${scale} (bound ${bound})`,
            `training  ${trainingBits.value.toFixed(4)} bits under additive uniform noise`,
            `real      ${realBits.value.toFixed(4)} bits after rounding`,
          ].join("\n"),
        );
      }),
    );
}
