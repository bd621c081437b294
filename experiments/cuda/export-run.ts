/**
 * Writes what `train.py` needs to go on with a run on a graphics card with CUDA: the graph of loss and gradients, the graph of validation,
 * the weights to begin with, and which images are trained on and judged.
 *
 * Usage: npx tsx experiments/cuda/export-run.ts CONFIG OUT [--data FOLDER] [--judged LOW,HIGH] [--frozen ga,ha] [--no-weights] [--check]
 *
 * CONFIG is a configuration of `halfstep train` for a network of variable rate. --data names the packed images if CONFIG does not. Validation goes over all
 * of its qualities. With --judged, it also goes over a range of lambdas, so that runs of another range can be compared with it. The parts that --frozen
 * names are not trained. With --no-weights, the weights to begin with are left out: a run that follows another needs none. With --check, one step is computed
 * here and written with everything that it was fed with, for `check.py`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom, elementCount, type FloatArray } from "../../src/engine/index.ts";
import { exportOnnx } from "../../src/engine/onnx/export.ts";
import { openSession } from "../../src/engine/runtime/session.ts";
import { initializeParameters } from "../../src/networks/index.ts";
import { highestLambda, knotsOf, LAMBDA_AT_LOWEST_QUALITY } from "../../src/networks/quality.ts";
import { type SafeTensor, writeSafetensors } from "../../src/safetensors.ts";
import { growthOf, type TrainConfig } from "../../src/train/config.ts";
import { PackedDataset } from "../../src/train/data/packed-dataset.ts";
import { splitDataset, ValidationCrops } from "../../src/train/data/validation.ts";
import { readInitialState } from "../../src/train/initial-weights.ts";
import { readConfigFile } from "../../src/train/parse-config.ts";
import { evaluatedQualities, LAMBDA_POWER, trainingQualities } from "../../src/train/quality-inputs.ts";
import { evaluationGraph, gradientGraph, trainingGraph } from "../../src/train/training-graph.ts";
import { describeGraph } from "./describe-graph.ts";

/** Images that are validated at once. */
const VALIDATION_BATCH = 8;

function floats(tensors: ReadonlyMap<string, FloatArray>, dtype: "F32" | "F16" = "F32"): Uint8Array {
  return writeSafetensors(
    new Map([...tensors].map(([name, { shape, data }]) => [name, { dtype, shape, data } as SafeTensor])),
    {},
  );
}

async function initialWeights(config: TrainConfig): Promise<ReadonlyMap<string, FloatArray>> {
  const { parameters } = gradientGraph(config);
  const fresh = initializeParameters(parameters, config.seed);
  if (config.initialWeights === undefined) return fresh;
  const none = new Map<string, FloatArray>();
  const state = { weights: fresh, firstMoments: none, secondMoments: none, ema: none };
  return readInitialState(config.initialWeights, state, await growthOf(config)).weights;
}

function plain(feeds: ReadonlyMap<string, FloatArray>, name: string): readonly (number | readonly number[])[] {
  const { data, shape } = feeds.get(name) as FloatArray;
  const width = shape[1];
  if (width === undefined) return [...data];
  return Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
}

function rangeOf(text: string): readonly [number, number] {
  const [low, high] = text.split(",").map(Number) as [number, number];
  if (!(low > 0 && low < high))
    throw new Error(`--judged: got "${text}", expected two rising numbers as in 0.0016,0.128`);
  return [low, high];
}

/** One step on noise in place of photographs, with its feeds and its results. */
async function checkedStep(config: TrainConfig, weights: ReadonlyMap<string, FloatArray>): Promise<Uint8Array> {
  const { graph } = trainingGraph(config);
  const random = new CounterRandom(config.seed);
  const feeds = new Map<string, FloatArray>(trainingQualities(config, random, 0));
  const scalars: Readonly<Record<string, number>> = {
    "step-size": 1e-3,
    epsilon: 1e-8,
    rate: 1e-3,
    "average-decay": 0.5,
  };
  for (const [i, [name, { shape }]] of [...graph.inputs].entries()) {
    if (feeds.has(name)) continue;
    const data = new Float32Array(elementCount(shape));
    const scalar = scalars[name];
    const weight = weights.get(name.slice(name.indexOf("/") + 1));
    if (scalar !== undefined) data.fill(scalar);
    else if (name === "image") random.fillUniform(data, 0, i, 0, 1);
    else if (name.startsWith("noise/")) random.fillUniform(data, 0, i);
    else if (weight !== undefined && !name.includes("moment/")) data.set(weight.data);
    feeds.set(name, { shape, data });
  }
  const session = await openSession(exportOnnx(graph), { threads: 1, device: "cpu" });
  const results = await session.run(feeds);
  await session.close();
  const moments = /^(next\/)?(first|second)-moment\//;
  return floats(new Map([...feeds, ...results].filter(([name]) => !moments.test(name))));
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: "boolean" },
    data: { type: "string" },
    frozen: { type: "string" },
    judged: { type: "string" },
    "no-weights": { type: "boolean" },
  },
});
const [configFile, out] = positionals;
if (configFile === undefined || out === undefined) {
  throw new Error(
    "usage: npx tsx experiments/cuda/export-run.ts CONFIG OUT [--data FOLDER] [--judged LOW,HIGH] [--frozen ga,ha] [--no-weights] [--check]",
  );
}
const config = readConfigFile(configFile, values.data === undefined ? [] : [`data=${values.data}`]);
const { lambdaRange, validation } = config;
if (lambdaRange === undefined)
  throw new Error(`${configFile}: got no lambdaRange, expected a network of variable rate`);
mkdirSync(out, { recursive: true });
const write = (name: string, content: string | Uint8Array): void => writeFileSync(path.join(out, name), content);

const dataset = PackedDataset.open(config.data);
const split = splitDataset(dataset, validation.fraction);
const crops = new ValidationCrops(split.validation, { count: validation.crops, size: validation.size });
const ranges = [lambdaRange, ...(values.judged === undefined ? [] : [rangeOf(values.judged)])];
const judged = ranges.map((range) => {
  const qualities = evaluatedQualities({ ...config, lambdaRange: range }, 0, validation.crops);
  return { range, quality: plain(qualities, "quality"), lambda: plain(qualities, "lambda") };
});
const weights = await initialWeights(config);
write("step.json", JSON.stringify(describeGraph(gradientGraph(config).graph)));
write(
  "evaluation.json",
  JSON.stringify(describeGraph(evaluationGraph(config, VALIDATION_BATCH, validation.size).graph)),
);
// In half precision. Training only begins here, and the weights are a third of the bytes that may travel.
if (values["no-weights"] !== true) write("weights.safetensors", floats(weights, "F16"));
write(
  "run.json",
  JSON.stringify({
    config,
    dataHash: dataset.contentHash(),
    training: split.train.images.map((image) => image.path),
    quality: {
      range: lambdaRange,
      power: LAMBDA_POWER,
      lowest: LAMBDA_AT_LOWEST_QUALITY,
      highest: highestLambda(knotsOf(config.network)),
      knots: knotsOf(config.network),
    },
    frozen: values.frozen?.split(",") ?? [],
    validation: {
      size: validation.size,
      batch: VALIDATION_BATCH,
      crops: Array.from({ length: validation.crops }, (_, i) => crops.place(i)),
      judged,
    },
  }),
);
if (values.check === true) write("check.safetensors", await checkedStep(config, weights));
dataset.close();
