/** `halfstep model export <model> <folder>`: the graphs of a model as ONNX files, for other programs. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { describeModel, MODEL_ARGUMENT, megabytes } from "./model-text.ts";

interface ExportOptions {
  readonly force?: boolean;
}

/** Adds the command. */
export function registerModelExport(model: Command, execute: Execute): void {
  model
    .command("export")
    .description("write a model's graphs as ONNX files, with a description in model.json")
    .argument("<model>", MODEL_ARGUMENT)
    .argument("<folder>", "the folder to make")
    .option("--force", "replace an earlier export")
    .action((name: string, folder: string, { force = false }: ExportOptions) =>
      execute(async (context) => {
        const { exportModel } = await import("../../node.ts");
        const { info, graphs } = await exportModel(name, folder, { force, signal: context.signal });
        const bytes = graphs.reduce((sum, graph) => sum + graph.bytes, 0);
        context.report(
          {
            command: "model export",
            output: folder,
            ...describeModel(info),
            graphs: graphs.map((graph) => ({ ...graph })),
          },
          `${folder}: ${graphs.map(({ file }) => file).join(", ")} and model.json, ${megabytes(bytes)} MB, model ${info.name}`,
        );
      }, true),
    );
}
