/** `halfstep model info <model>`: what a model says about itself. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { describeModel, MODEL_ARGUMENT } from "./model-text.ts";

interface InfoOptions {
  readonly refresh?: boolean;
}

/** Adds the command. */
export function registerModelInfo(model: Command, execute: Execute): void {
  model
    .command("info")
    .description("show what a model says about itself")
    .argument("<model>", MODEL_ARGUMENT)
    .option("--refresh", "fetch the file of a URL again, and keep the new one")
    .action((name: string, { refresh = false }: InfoOptions) =>
      execute(async (context) => {
        const { readModelInfo } = await import("../../node.ts");
        const info = describeModel(await readModelInfo(name, { refresh }));
        const width = Math.max(...Object.keys(info).map((key) => key.length));
        const lines = Object.entries(info).map(([key, value]) => {
          const text = typeof value === "object" ? `${value.type}, N = ${value.N}, M = ${value.M}` : String(value);
          return `${key.padEnd(width)}  ${text}`;
        });
        context.report({ command: "model info", ...info }, lines.join("\n"));
      }),
    );
}
