/** `halfstep model verify <model>`: checks that this machine decodes a model's streams as every other machine does. */
import { type Command, Option } from "commander";
import type { Device, ModelVerification } from "../../node.ts";
import type { Execute } from "../command-context.ts";
import { DEVICES } from "../open-codec.ts";
import { threadCount } from "../parse-option.ts";
import { describeModel, MODEL_ARGUMENT } from "./model-text.ts";

interface VerifyOptions {
  readonly device?: Device;
  readonly threads?: number;
  readonly identity?: string;
}

/** Adds the command. */
export function registerModelVerify(model: Command, execute: Execute): void {
  model
    .command("verify")
    .description(
      "check that a model's file is whole, and that a device decodes what others write, and the other way round",
    )
    .argument("<model>", MODEL_ARGUMENT)
    .addOption(new Option("--device <device>", "where to compute (default: cpu)").choices(DEVICES))
    .option("--threads <count>", "threads to compute with (default: 1)", threadCount)
    .option("--identity <hex>", "first 8 or more digits of the SHA-256 that the file must have")
    .action((name: string, options: VerifyOptions) =>
      execute(async (context) => {
        const { verifyModel } = await import("../../node.ts");
        const verified = await verifyModel(name, options);
        const { info, device, threads, exactGraphs, pictures } = verified;
        context.report(
          {
            command: "model verify",
            ...describeModel(info),
            device,
            threads,
            exactGraphs,
            pictures: pictures.map((picture) => ({ ...picture })),
            verified: true,
          },
          verificationText(verified),
        );
      }),
    );
}

function verificationText({ info, device, threads, exactGraphs, pictures }: ModelVerification): string {
  const where = device === "cpu" ? `cpu, ${threads} thread${threads === 1 ? "" : "s"}` : device;
  return [
    `model     ${info.name}, ${info.byteLength} bytes`,
    `identity  ${info.identity}`,
    "file      whole; tables add up; every sum of the exact layers stays below 2^24",
    exactGraphs.length === 0
      ? `self-test none: the network has no exact graph (${where})`
      : `self-test passed on ${where}: ${exactGraphs.join(", ")}`,
    ...pictures.map(
      ({ width, height, quality, bytes, latents, levels, differingLevels }) =>
        `picture   ${width} x ${height}${quality === null ? "" : `, quality ${quality}`}, ${bytes} bytes: ${latents} latents equal to those of cpu, 1 thread; ` +
        `${differingLevels} of ${levels} levels differ, by one`,
    ),
    "verified",
  ].join("\n");
}
