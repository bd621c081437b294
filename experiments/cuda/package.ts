/**
 * Makes a model file of the weights that `train.py` gave, put together in one file.
 *
 * Usage: npx tsx experiments/cuda/package.ts CONFIG WEIGHTS OUT --data FOLDER [--seconds N] [--half]
 *
 * CONFIG is that of the run. --data names the packed photographs that the exact layers are calibrated on. --seconds says how long the card trained; the model
 * file tells it. Large kernels are stored as 8-bit integers (docs/decisions/0029-halfstep-2.md), or with --half in half precision.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { serializeModel } from "../../src/codec/model/model-file.ts";
import type { FloatArray } from "../../src/engine/index.ts";
import { modelOfWeights } from "../../src/packaging/model-of-weights.ts";
import { readSafetensors } from "../../src/safetensors.ts";
import { configHash } from "../../src/train/config.ts";
import { readConfigFile } from "../../src/train/parse-config.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: "string" }, seconds: { type: "string" }, half: { type: "boolean", default: false } },
});
const [configFile, weightsFile, out] = positionals;
const { data } = values;
if (configFile === undefined || weightsFile === undefined || out === undefined || data === undefined) {
  throw new Error("package: expected CONFIG WEIGHTS OUT --data FOLDER");
}
const config = readConfigFile(configFile, [`data=${data}`]);
const weights = new Map<string, FloatArray>();
for (const [name, tensor] of readSafetensors(readFileSync(weightsFile)).tensors) {
  if (tensor.dtype !== "F32" && tensor.dtype !== "F16")
    throw new Error(`${name}: got ${tensor.dtype}, expected weights`);
  weights.set(name, tensor);
}
const seconds = values.seconds === undefined ? {} : { cardSeconds: Number(values.seconds) };
const { model, exactCostPercent } = await modelOfWeights({
  name: path.basename(out, ".safetensors"),
  config,
  weights,
  origin: { ...seconds, configHash: configHash(config) },
  data,
  int8Kernels: !values.half,
});
const bytes = serializeModel(model);
writeFileSync(out, bytes, { flag: "wx" });
process.stdout.write(
  `${out}: ${bytes.length} bytes, exact integers cost ${exactCostPercent?.toFixed(2)} % of the bits of y\n`,
);
