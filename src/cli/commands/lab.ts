/** `halfstep lab …`: what surrogates of rounding do, in numbers and figures. One file for each subcommand. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { registerLabNetwork } from "./lab-network.ts";
import { registerLabRateMismatch } from "./lab-rate-mismatch.ts";
import { registerLabReport } from "./lab-report.ts";
import { registerLabSurrogate } from "./lab-surrogate.ts";
import { registerLabToy } from "./lab-toy.ts";
import { registerLabTradeoff } from "./lab-tradeoff.ts";

/** Adds the group with its subcommands. */
export function registerLab(program: Command, execute: Execute): void {
  const lab = program
    .command("lab")
    .description("study the surrogates of rounding: mismatch, gradient risk, toy codecs");
  registerLabSurrogate(lab, execute);
  registerLabTradeoff(lab, execute);
  registerLabRateMismatch(lab, execute);
  registerLabToy(lab, execute);
  registerLabNetwork(lab, execute);
  registerLabReport(lab, execute);
}
