/** `halfstep model list | info | verify | export | package`: one file for each. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { registerModelExport } from "./model-export.ts";
import { registerModelInfo } from "./model-info.ts";
import { registerModelList } from "./model-list.ts";
import { registerModelPackage } from "./model-package.ts";
import { registerModelVerify } from "./model-verify.ts";

/** Adds the command with its subcommands. */
export function registerModel(program: Command, execute: Execute): void {
  const model = program.command("model").description("trained models");
  registerModelList(model, execute);
  registerModelInfo(model, execute);
  registerModelVerify(model, execute);
  registerModelExport(model, execute);
  registerModelPackage(model, execute);
}
