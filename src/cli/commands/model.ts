/** `halfstep model list | info <name> | package <run> <out>`: the models that are shipped, and making one from a run. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { textTable } from "../text-table.ts";

interface PackageOptions {
  readonly name?: string;
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
          textTable(
            [
              { heading: "name", align: "left" },
              { heading: "network", align: "left" },
              { heading: "N", align: "right" },
              { heading: "M", align: "right" },
              { heading: "lambda", align: "right" },
              { heading: "identity", align: "left" },
            ],
            models.map(({ name, network, lambda, identity }) => [
              name,
              network.type,
              String(network.N),
              String(network.M),
              String(lambda),
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
          return `${key.padEnd(width)}  ${typeof value === "object" ? JSON.stringify(value) : value}`;
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
    .option("--force", "replace an existing file")
    .action((run: string, out: string, { name, force = false }: PackageOptions) =>
      execute(async (context) => {
        const { packageModel } = await import("../../node.ts");
        const { info, bytes } = await packageModel(run, out, { force, ...(name === undefined ? {} : { name }) });
        context.report(
          { command: "model package", run, output: out, bytes, ...describeModel(info) },
          `${out}: ${(bytes / 1e6).toFixed(2)} MB, model ${info.name}, identity ${info.identity.slice(0, 16)}`,
        );
      }),
    );
}

/** The fields that are shown, in the order they are shown. */
function describeModel(info: {
  readonly name: string;
  readonly identity: string;
  readonly network: { readonly type: string; readonly N: number; readonly M: number };
  readonly lambda: number;
}) {
  const { name, identity, network, lambda } = info;
  return { name, identity, network: { type: network.type, N: network.N, M: network.M }, lambda };
}
