/** Makes a model file from a training run: averaged weights, tables and the run's configuration. */
import path from "node:path";
import { checkOptions } from "../arguments.ts";
import { ensureWritable, writeFileAtomic } from "../atomic-file.ts";
import { serializeModel } from "../codec/model/model-file.ts";
import { UsageError } from "../errors.ts";
import { loadModelBytes, type ModelInfo } from "../models/model-files.ts";
import { loadCheckpoint } from "../train/checkpoint.ts";
import { configHash } from "../train/config.ts";
import { modelOfWeights } from "./model-of-weights.ts";

/** Options of {@link packageModel}. */
export interface PackageModelOptions {
  /** Name of the model. Default: the name of the file without its ending. */
  readonly name?: string;
  /** Folder of packed images to calibrate the exact layers on. Default: the one that the run was trained on. */
  readonly data?: string;
  /**
   * Whether the file holds the large kernels of the transforms as 8-bit integers. That makes it smaller by a quarter or more. Default: whether the run
   * was trained so (`int8Kernels` in its configuration).
   */
  readonly int8Kernels?: boolean;
  /** Replace an existing file. False by default. */
  readonly force?: boolean;
}

/** The result of {@link packageModel}. */
export interface PackagedModel {
  readonly info: ModelInfo;
  /** Length of the file. */
  readonly bytes: number;
  /**
   * How many more bits y costs with the exact integer form of the entropy networks than with floats, in percent, on the calibration crops. Null for a
   * network without such a form.
   */
  readonly exactCostPercent: number | null;
  /** One sentence for each newer checkpoint that is damaged. */
  readonly warnings: readonly string[];
}

/**
 * Makes a model file of the newest intact checkpoint of a training run.
 *
 * @param run the folder of the run
 * @param out the model file to write; its name must end in ".safetensors"
 * @throws {UsageError} `bad-model-name`; `missing-checkpoint`; or if the output exists, or the packed images are missing or too small
 * @throws {HalfstepError} `bad-checkpoint`; `bad-weights`; or if the output cannot be written
 */
export async function packageModel(
  run: string,
  out: string,
  options: PackageModelOptions = {},
): Promise<PackagedModel> {
  const known = ["name", "data", "int8Kernels", "force"] satisfies (keyof PackageModelOptions)[];
  checkOptions(options, "packageModel: the options", known);
  const { force = false, data, name = path.basename(out, ".safetensors") } = options;
  if (!out.endsWith(".safetensors")) {
    throw new UsageError(
      "bad-model-name",
      `${out}: got another ending, expected .safetensors; give the output a name that ends so`,
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(name)) {
    throw new UsageError(
      "bad-model-name",
      `model name: got "${name}", expected up to 64 letters, digits, dots and hyphens; choose another with --name`,
    );
  }
  await ensureWritable(out, { force });
  const { checkpoint, warnings } = loadCheckpoint(run);
  const { config, step, state } = checkpoint;
  const { model, exactCostPercent } = await modelOfWeights({
    name,
    config,
    weights: state.ema.size > 0 ? state.ema : state.weights,
    origin: { step, configHash: configHash(config), dataHash: checkpoint.dataHash ?? null },
    data: data ?? config.data,
    int8Kernels: options.int8Kernels ?? config.int8Kernels === true,
  });
  const bytes = serializeModel(model);
  const { info } = loadModelBytes(bytes, out);
  await writeFileAtomic(out, bytes, { force });
  return { info, bytes: bytes.length, exactCostPercent, warnings };
}
