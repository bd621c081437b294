/** `halfstep model package <run> <out>`: makes a model file of a run. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { describeModel, megabytes } from "./model-text.ts";

interface PackageOptions {
  readonly name?: string;
  readonly data?: string;
  readonly int8Kernels?: boolean;
  readonly force?: boolean;
}

/** Adds the command. */
export function registerModelPackage(model: Command, execute: Execute): void {
  model
    .command("package")
    .description("make a model file from a trained run")
    .argument("<run>", "folder of the run")
    .argument("<out>", "the model file to write")
    .option("--name <name>", "name of the model (default: the name of the file)")
    .option("--data <folder>", "packed images to calibrate on (default: those the run was trained on)")
    .option("--int8-kernels", "store large kernels as 8-bit integers (default: as the run was trained)")
    .option("--no-int8-kernels", "store all kernels in half precision")
    .option("--force", "replace an existing file")
    .action((run: string, out: string, { name, data, int8Kernels, force = false }: PackageOptions) =>
      execute(async (context) => {
        const { packageModel } = await import("../../node.ts");
        const options = {
          force,
          ...(name === undefined ? {} : { name }),
          ...(data === undefined ? {} : { data }),
          ...(int8Kernels === undefined ? {} : { int8Kernels }),
        };
        const { info, exactCostPercent, warnings } = await packageModel(run, out, options);
        for (const warning of warnings) context.note(warning);
        context.report(
          { command: "model package", run, output: out, ...describeModel(info), exactCostPercent, warnings },
          `${out}: ${megabytes(info.byteLength)} MB, model ${info.name}, identity ${info.identity.slice(0, 16)}${
            exactCostPercent === null ? "" : `, exact integers cost ${exactCostPercent.toFixed(2)} % of the bits of y`
          }`,
        );
      }),
    );
}
