/** `halfstep model info <model or network>`: what a model says about itself, or what a network costs. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { Execute } from "../command-context.ts";
import { collect } from "../parse-option.ts";
import { describeModel, lambdaText, MODEL_ARGUMENT } from "./model-text.ts";
import { describeCost, partTable, withWidths } from "./network-text.ts";

interface InfoOptions {
  readonly set: readonly string[];
  readonly refresh?: boolean;
}

/** Adds the command. */
export function registerModelInfo(model: Command, execute: Execute): void {
  model
    .command("info")
    .description("show the description of a model, or the parameters and operations of a network, part by part")
    .argument("<model>", `${MODEL_ARGUMENT}; or name of a network, such as elic`)
    .option(
      "--set <width>",
      "another width of a network than the published one, such as N=64; may be repeated",
      collect,
      [],
    )
    .option("--refresh", "fetch the file of a URL again, and keep that one")
    .action((name: string, { refresh = false, set }: InfoOptions) =>
      execute(async (context) => {
        const { NETWORK_TYPES, networkCost, networkProblem, readModelInfo, USUAL_WIDTHS } = await import(
          "../../node.ts"
        );
        const type = NETWORK_TYPES.find((known) => known === name);
        if (type !== undefined) {
          const config = withWidths(type, USUAL_WIDTHS[type], set);
          const problem = networkProblem(config);
          if (problem !== null) throw new UsageError("bad-setting", `${problem}; choose other widths with --set`);
          const cost = networkCost(config);
          const title = `${type}, N = ${config.N}, M = ${config.M}`;
          context.report({ command: "model info", ...describeCost(cost) }, `${title}\n\n${partTable(cost)}`);
          return;
        }
        if (set.length > 0) {
          throw new UsageError(
            "bad-setting",
            `--set: got a width for "${name}", expected a network: ${NETWORK_TYPES.join(", ")}`,
          );
        }
        const info = describeModel(await readModelInfo(name, { refresh }));
        const width = Math.max(...Object.keys(info).map((key) => key.length));
        const { type: networkType, N, M } = info.network;
        const texts = {
          ...info,
          network: `${networkType}, N = ${N}, M = ${M}`,
          lambdaRange: info.lambdaRange === null ? "one rate only" : `${lambdaText(info)} (quality 0..100)`,
        };
        const lines = Object.entries(texts).map(([key, text]) => `${key.padEnd(width)}  ${text}`);
        context.report({ command: "model info", ...info }, lines.join("\n"));
      }),
    );
}
