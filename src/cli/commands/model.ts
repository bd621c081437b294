/** `halfstep model list | info <name> | package <run> <out>`: the models that are shipped, and making one from a run. */
import type { Command } from "commander";
import type { ModelInfo } from "../../node.ts";
import type { Execute } from "../command-context.ts";
import { textTable } from "../text-table.ts";

interface PackageOptions {
  readonly name?: string;
  readonly data?: string;
  readonly force?: boolean;
}

/** Adds the command with its subcommands. */
export function registerModel(program: Command, execute: Execute): void {
  const model = program.command("model").description("trained models");
  model
    .command("list")
    .description("list the shipped models")
    .action(() =>
      execute(async (context) => {
        const { listModels } = await import("../../node.ts");
        const models = await listModels();
        context.report(
          { command: "model list", models: models.map(describeModel) },
          models.length === 0
            ? "this copy of halfstep ships no model"
            : textTable(
                [
                  { heading: "name", align: "left" },
                  { heading: "network", align: "left" },
                  { heading: "N", align: "right" },
                  { heading: "M", align: "right" },
                  { heading: "lambda", align: "right" },
                  { heading: "MB", align: "right" },
                  { heading: "identity", align: "left" },
                ],
                models.map(({ name, network, lambda, byteLength, identity }) => [
                  name,
                  network.type,
                  String(network.N),
                  String(network.M),
                  String(lambda),
                  megabytes(byteLength),
                  identity.slice(0, 16),
                ]),
              ),
        );
      }),
    );
  model
    .command("info")
    .description("show what a model says about itself")
    .argument("<model>", "name of a shipped model, or path of a model file")
    .action((name: string) =>
      execute(async (context) => {
        const { readModelInfo } = await import("../../node.ts");
        const info = describeModel(await readModelInfo(name));
        const width = Math.max(...Object.keys(info).map((key) => key.length));
        const lines = Object.entries(info).map(([key, value]) => {
          const text = typeof value === "object" ? `${value.type}, N = ${value.N}, M = ${value.M}` : String(value);
          return `${key.padEnd(width)}  ${text}`;
        });
        context.report({ command: "model info", ...info }, lines.join("\n"));
      }),
    );
  model
    .command("package")
    .description("make a model file from a trained run")
    .argument("<run>", "folder of the run")
    .argument("<out>", "the model file to write")
    .option("--name <name>", "name of the model (default: the name of the file)")
    .option("--data <folder>", "packed images to calibrate on (default: those the run was trained on)")
    .option("--force", "replace an existing file")
    .action((run: string, out: string, { name, data, force = false }: PackageOptions) =>
      execute(async (context) => {
        const { packageModel } = await import("../../node.ts");
        const options = {
          force,
          ...(name === undefined ? {} : { name }),
          ...(data === undefined ? {} : { data }),
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

/** The fields that are shown, in the order they are shown. */
function describeModel({ name, identity, network, lambda, byteLength }: ModelInfo): {
  readonly name: string;
  readonly identity: string;
  readonly network: { readonly type: string; readonly N: number; readonly M: number };
  readonly lambda: number;
  readonly bytes: number;
} {
  return { name, identity, network: { type: network.type, N: network.N, M: network.M }, lambda, bytes: byteLength };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
