/** `halfstep model list`: the models that are shipped. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { textTable } from "../text-table.ts";
import { describeModel, megabytes } from "./model-text.ts";

/** Adds the command. */
export function registerModelList(model: Command, execute: Execute): void {
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
}
