/** `halfstep train <config>`: trains a network, or goes on with a run; Ctrl-C stops it at a checkpoint. */
import path from "node:path";
import { type Command, Option } from "commander";
import type { Execute } from "../command-context.ts";
import { DEVICES } from "../open-codec.ts";
import { collect, threadCount } from "../parse-option.ts";
import { similarityText, trainProgressText } from "./train-text.ts";

interface TrainCommandOptions {
  readonly set: readonly string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly printConfig?: boolean;
  readonly threads?: number;
  readonly device?: string;
}

/** Adds the command. */
export function registerTrain(program: Command, execute: Execute): void {
  program
    .command("train")
    .description("train a network as a JSON configuration says; Ctrl-C stops it at a checkpoint, --resume goes on")
    .argument("<config>", "the configuration, a JSON file")
    .option("--set <field=value>", "replace a field, for instance network.N=128; may be repeated", collect, [])
    .option("--out <folder>", "folder of the run (default: runs/ and the name of the configuration)")
    .option("--resume", "go on with the run in the folder")
    .option("--threads <count>", "threads to compute with, as --set threads=<count> (default: 1)", threadCount)
    .addOption(
      new Option("--device <device>", "where to compute, as --set device=<device> (default: cpu)").choices(DEVICES),
    )
    .option("--print-config", "print the complete configuration with its defaults, and train nothing")
    .action((file: string, options: TrainCommandOptions) =>
      execute(async (context) => {
        const { createTrainStep, printConfig, psnrDbOf, readConfigFile, startTraining } = await import(
          "../../train/index.ts"
        );
        const config = readConfigFile(file, overridesOf(options));
        if (options.printConfig) {
          const text = printConfig(config);
          context.report(JSON.parse(text), text);
          return;
        }
        const folder = options.out ?? path.join("runs", path.basename(file, path.extname(file)));
        const summary = await startTraining({
          config,
          createStep: createTrainStep,
          folder,
          resume: options.resume ?? false,
          signal: context.signal,
          onWarning: (warning) => context.note(warning),
          onProgress: (progress) => context.progress(trainProgressText(progress)),
        });
        const { outcome, step, resumedAt, validation, warnings } = summary;
        const result = validation && {
          loss: validation.loss,
          bitsPerPixel: validation.bitsPerPixel,
          meanSquaredError: validation.meanSquaredError,
          ...(validation.msSsim === undefined ? {} : { msSsim: validation.msSsim }),
        };
        context.report(
          { command: "train", folder, outcome, step, resumedAt, validation: result ?? null, warnings },
          `${folder}: ${outcome} after step ${step} of ${config.steps}` +
            (result === undefined
              ? ""
              : `; validation: loss ${result.loss.toFixed(4)}, ${result.bitsPerPixel.toFixed(4)} bpp, ` +
                `${psnrDbOf(result.meanSquaredError).toFixed(2)} dB${similarityText(result.msSsim)}`) +
            (outcome === "stopped" ? "; go on with --resume" : ""),
        );
      }, true),
    );
}

/** `--set`, and the options that are short for it. */
function overridesOf({ set, threads, device }: TrainCommandOptions): readonly string[] {
  return [
    ...set,
    ...(threads === undefined ? [] : [`threads=${threads}`]),
    ...(device === undefined ? [] : [`device=${device}`]),
  ];
}
