/** `halfstep model list`: the shipped models, and the networks that can be trained. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { textTable } from "../text-table.ts";
import { describeModel, lambdaText, megabytes } from "./model-text.ts";
import { describeCost, networkTable } from "./network-text.ts";

/** Adds the command. */
export function registerModelList(model: Command, execute: Execute): void {
  model
    .command("list")
    .description("list the shipped models, and the networks that can be trained with their published widths")
    .action(() =>
      execute(async (context) => {
        const { listModels, NETWORK_TYPES, networkCost, USUAL_WIDTHS } = await import("../../node.ts");
        const models = await listModels();
        const networks = NETWORK_TYPES.map((type) => networkCost({ type, ...USUAL_WIDTHS[type] }));
        const shipped =
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
                models.map(({ name, network, byteLength, identity, ...rate }) => [
                  name,
                  network.type,
                  String(network.N),
                  String(network.M),
                  lambdaText(rate),
                  megabytes(byteLength),
                  identity.slice(0, 16),
                ]),
              );
        context.report(
          { command: "model list", models: models.map(describeModel), networks: networks.map(describeCost) },
          `${shipped}\n\n${networkTable(networks)}`,
        );
      }),
    );
}
