/**
 * Weights to start a run from: the averaged weights of another run (its folder, or one of its checkpoint files), or the
 * weights in a model file of a factorized-prior (those of other networks hold integers in place of entropy networks). The optimizer starts afresh.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { FloatArray } from "../engine/index.ts";
import { UsageError } from "../errors.ts";
import type { GrowthRules } from "../networks/architecture.ts";
import { readSafetensors, type SafeTensor } from "../safetensors.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { growWeights } from "./grow-weights.ts";
import type { TrainState } from "./train-step.ts";

type Tensors = ReadonlyMap<string, FloatArray>;

/**
 * The state to start with. Tensors that the network does not have are ignored, because model files hold tables beside weights.
 * @param source folder of a run, or a safetensors file: of a checkpoint, or of a model with plain names.
 * @param fresh the state of the newly made network; says which names and shapes are needed.
 * @param growth how the weights of a smaller network are enlarged ({@link growWeights}); by default the source may not be of one.
 * @param warn called for each damaged checkpoint of the source that is passed over. Default: nothing is called.
 * @returns the given weights, also as their average, and moments of zero.
 * @throws UsageError "bad-initial-weights" when the source is missing or cannot be read, or a weight is missing or has another
 *   shape; "missing-checkpoint" for a folder without one. HalfstepError "bad-checkpoint" when all of a folder are damaged.
 */
export function readInitialState(
  source: string,
  fresh: TrainState,
  growth: GrowthRules | null = null,
  warn: (warning: string) => void = () => undefined,
): TrainState {
  const read = readWeights(source, warn);
  const given = growth === null ? read : growWeights(fresh.weights, read, growth);
  const weights = new Map<string, FloatArray>();
  const problems: string[] = [];
  for (const [name, { shape }] of fresh.weights) {
    const tensor = given.get(name);
    if (tensor === undefined) problems.push(`"${name}": got nothing, expected [${shape.join(", ")}]`);
    else if (tensor.shape.join() !== shape.join()) {
      problems.push(`"${name}": got [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`);
    } else weights.set(name, tensor);
  }
  if (problems.length > 0) {
    const more = problems.length > 5 ? `\n  and ${problems.length - 5} more` : "";
    throw bad(
      source,
      `weights that do not fit, expected those of the configured network; use the same network, N and M\n  ${problems.slice(0, 5).join("\n  ")}${more}`,
    );
  }
  return {
    weights,
    firstMoments: zerosLike(fresh.firstMoments),
    secondMoments: zerosLike(fresh.secondMoments),
    ema: new Map([...fresh.ema.keys()].map((name) => [name, weights.get(name) as FloatArray])),
  };
}

function bad(source: string, problem: string, options?: ErrorOptions): UsageError {
  return new UsageError("bad-initial-weights", `initial weights "${source}": got ${problem}`, options);
}

function readWeights(source: string, warn: (warning: string) => void): Tensors {
  if (!existsSync(source))
    throw bad(source, "nothing there, expected a run folder or a safetensors file; check the path");
  if (statSync(source).isDirectory()) {
    const { checkpoint, warnings } = loadCheckpoint(source);
    for (const warning of warnings) warn(`initial weights: ${warning}; taken from that of step ${checkpoint.step}`);
    const { weights, ema } = checkpoint.state;
    return ema.size > 0 ? ema : weights;
  }
  const tensors = readTensors(source);
  const prefix = ["ema/", "weights/"].find((p) => [...tensors.keys()].some((name) => name.startsWith(p))) ?? "";
  const weights = new Map<string, FloatArray>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix) && (tensor.dtype === "F32" || tensor.dtype === "F16")) {
      weights.set(name.slice(prefix.length), { shape: tensor.shape, data: tensor.data });
    }
  }
  return weights;
}

function readTensors(file: string): ReadonlyMap<string, SafeTensor> {
  try {
    return readSafetensors(readFileSync(file)).tensors;
  } catch (error) {
    throw bad(file, `a file that cannot be read (${(error as Error).message}), expected safetensors; use another`, {
      cause: error,
    });
  }
}

function zerosLike(tensors: Tensors): Map<string, FloatArray> {
  return new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
}
