/** Makes a model file from a training run: averaged weights, tables and the run's configuration. */
import path from "node:path";
import { ensureWritable, writeFileAtomic } from "../atomic-file.ts";
import { roundToStored, serializeModel } from "../codec/model/model-file.ts";
import { modelTables } from "../codec/model/model-tables.ts";
import { UsageError } from "../errors.ts";
import { loadCheckpoint } from "../train/checkpoint.ts";
import { configHash } from "../train/config.ts";
import { loadModelBytes, type ModelInfo } from "./model-files.ts";

/** Options of {@link packageModel}. */
export interface PackageModelOptions {
  /** Name of the model. Default: the name of the file without its ending. */
  readonly name?: string;
  /** Replace an existing file. False by default. */
  readonly force?: boolean;
}

/**
 * Packages the newest intact checkpoint of a run.
 *
 * @param run the run's folder
 * @param out the model file to write; its name must end in ".safetensors"
 * @returns what the model says about itself, the length of the file, and warnings about damaged newer checkpoints
 * @throws {UsageError} `bad-model-name`, `missing-checkpoint`, or because the output exists
 * @throws {HalfstepError} `bad-checkpoint`, `bad-weights`, or because the output cannot be written
 */
export async function packageModel(
  run: string,
  out: string,
  options: PackageModelOptions = {},
): Promise<{ readonly info: ModelInfo; readonly bytes: number; readonly warnings: readonly string[] }> {
  const { force = false, name = path.basename(out, ".safetensors") } = options;
  if (!out.endsWith(".safetensors")) {
    throw new UsageError("bad-model-name", `${out}: got another ending, expected .safetensors; name the output so`);
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
  const weights = roundToStored(state.ema.size > 0 ? state.ema : state.weights);
  const { network, lambda, scaleBound } = config;
  // Where the data and an initial run lay is nobody's business; what they were is in the hashes.
  const { data: _folder, initialWeights: _source, ...settings } = config;
  const bytes = serializeModel({
    name,
    network,
    lambda,
    scaleBound,
    training: { step, config: settings, configHash: configHash(config), dataHash: checkpoint.dataHash ?? null },
    weights,
    tables: modelTables(network, scaleBound, weights),
  });
  const { info } = loadModelBytes(bytes, out);
  await writeFileAtomic(out, bytes, { force });
  return { info, bytes: bytes.length, warnings };
}
