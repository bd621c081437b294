/**
 * The training step on onnxruntime, on the processor or a graphics card. The state is the result of the last step. It is not
 * copied, and the state before it is freed at once. Frozen weights (`trained`) are kept beside it: every step reads them, and none
 * writes them.
 */

import {
  arrayOf,
  CounterRandom,
  elementCount,
  type FloatArray,
  type Graph,
  type OwnedArray,
  type Session,
  scalarArray,
  scalarOf,
  zeros,
} from "../engine/index.ts";
import { withoutBackwardStarts } from "../engine/onnx/backward-slices.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { blockedChannels, channelBlockSize } from "../engine/runtime/channel-block.ts";
import { openSession } from "../engine/runtime/session.ts";
import { freeArrays } from "../free-arrays.ts";
import { initializeParameters } from "../networks/index.ts";
import { inputNames, outputNames } from "../objective/input-names.ts";
import type { NoiseInput } from "../objective/surrogate-inputs.ts";
import { adamScalars } from "./adam.ts";
import type { TrainConfig } from "./config.ts";
import { meanResult, type PartialResult } from "./mean-result.ts";
import { evaluatedQualities, trainingQualities } from "./quality-inputs.ts";
import type { TrainState, TrainStep, TrainStepResult } from "./train-step.ts";
import { evaluationGraph, type TrainingGraph, trainingGraph } from "./training-graph.ts";
import { checkTrainingForWebGpu } from "./webgpu-training.ts";

type Arrays = Map<string, OwnedArray>;

/** Images that an evaluation puts through the network at once; bounds its memory. */
const EVALUATION_BATCH = 4;

const KINDS = ["weight", "firstMoment", "secondMoment", "average"] as const;
type Kind = (typeof KINDS)[number];

class OnnxTrainStep implements TrainStep {
  readonly #config: TrainConfig;
  readonly #step: TrainingGraph;
  readonly #session: Session;
  readonly #random: CounterRandom;
  readonly #noise: ReadonlyMap<string, FloatArray>;
  readonly #evaluations = new Map<number, { readonly session: Session; readonly noise: readonly NoiseInput[] }>();
  readonly #frozen: Arrays;
  #current: Arrays;

  constructor(config: TrainConfig, step: TrainingGraph, session: Session) {
    this.#config = config;
    this.#step = step;
    this.#session = session;
    this.#random = new CounterRandom(config.seed);
    this.#noise = new Map(step.inputs.noise.map(({ input, shape }) => [input, zeros(shape)]));
    this.#frozen = emptyState(step, true);
    this.#current = emptyState(step, false);
    for (const [name, { data }] of initializeParameters(step.parameters, config.seed)) {
      this.#slot("weight", name)?.data.set(data);
      this.#slot("average", name)?.data.set(data);
    }
  }

  async run(batch: Float32Array, step: number, learningRate: number): Promise<TrainStepResult> {
    const { crop, batch: count } = this.#config;
    for (const { input, stream } of this.#step.inputs.noise) {
      this.#random.fillUniform(arrayOf(this.#noise, input).data, step, stream);
    }
    const { stepSize, epsilon, rate, averageDecay } = adamScalars(this.#config, step, learningRate);
    const feeds = new Map<string, FloatArray>([
      ...this.#frozen,
      ...this.#current,
      ...this.#noise,
      [inputNames.image, { data: batch, shape: [count, 3, crop, crop] }],
      [inputNames.stepSize, scalarArray(stepSize)],
      [inputNames.epsilon, scalarArray(epsilon)],
      [inputNames.rate, scalarArray(rate)],
      [inputNames.averageDecay, scalarArray(averageDecay)],
      ...this.#step.scheduled.map(({ input, valueAt }) => [input, scalarArray(valueAt(step))] as const),
      ...(this.#step.variableRate ? trainingQualities(this.#config, this.#random, step) : []),
    ]);
    // Some optimizers do without one of the scalars.
    for (const name of [...feeds.keys()]) if (!this.#step.graph.inputs.has(name)) feeds.delete(name);
    const results = await this.#session.run(feeds);
    const previous = this.#current;
    this.#current = new Map([...previous.keys()].map((name) => [name, arrayOf(results, outputNames.next(name))]));
    freeArrays([...previous.values()].map(({ data }) => data));
    return { ...readResult(results), gradientNorm: scalarOf(results, "gradientNorm") };
  }

  async evaluate(batch: Float32Array, count: number, size: number): Promise<TrainStepResult> {
    const perImage = 3 * size * size;
    const parts: PartialResult[] = [];
    for (let first = 0; first < count; first += EVALUATION_BATCH) {
      const images = Math.min(EVALUATION_BATCH, count - first);
      const part = batch.subarray(first * perImage, (first + images) * perImage);
      parts.push({ images, result: await this.#evaluatePart(part, first, images, size) });
    }
    return meanResult(parts);
  }

  async #evaluatePart(batch: Float32Array, first: number, count: number, size: number) {
    const key = count * 2 ** 20 + size;
    let evaluation = this.#evaluations.get(key);
    if (evaluation === undefined) {
      const { graph, inputs } = evaluationGraph(this.#config, count, size);
      evaluation = { session: await openOn(this.#config, graph), noise: inputs.noise };
      this.#evaluations.set(key, evaluation);
    }
    const feeds = new Map<string, FloatArray>([[inputNames.image, { data: batch, shape: [count, 3, size, size] }]]);
    for (const { input, shape } of evaluation.noise) feeds.set(input, zeros(shape));
    if (this.#step.variableRate) {
      for (const [input, array] of evaluatedQualities(this.#config, first, count)) feeds.set(input, array);
    }
    const source = this.#config.emaDecay === 0 ? "weight" : "average";
    for (const { name } of this.#step.parameters) {
      const array = this.#valueOf(source, name);
      if (array === undefined) throw new Error(`internal: the state has no ${source} of ${name}`);
      feeds.set(inputNames.weight(name), array);
    }
    return readResult(await evaluation.session.run(feeds));
  }

  /** The array of a weight that belongs to it alone, if the graph has one. */
  #slot(kind: Kind, name: string): FloatArray | undefined {
    const slot = inputNames[kind](name);
    return this.#current.get(slot) ?? this.#frozen.get(slot);
  }

  /** The same for readers: the average of a weight that stands still is that weight. */
  #valueOf(kind: Kind, name: string): FloatArray | undefined {
    const isStill = kind === "average" && this.#config.emaDecay !== 0 && this.#step.frozen.has(name);
    return this.#slot(isStill ? "weight" : kind, name);
  }

  exportState(): Promise<TrainState> {
    const copy = (kind: Kind): Map<string, FloatArray> =>
      new Map(
        this.#step.parameters.flatMap(({ name, shape }) => {
          const array = this.#valueOf(kind, name);
          return array === undefined ? [] : [[name, { shape, data: array.data.slice() }] as const];
        }),
      );
    return Promise.resolve({
      weights: copy("weight"),
      firstMoments: copy("firstMoment"),
      secondMoments: copy("secondMoment"),
      ema: copy("average"),
    });
  }

  importState(state: TrainState): Promise<void> {
    const parts = {
      weight: state.weights,
      firstMoment: state.firstMoments,
      secondMoment: state.secondMoments,
      average: state.ema,
    };
    for (const kind of KINDS) {
      for (const { name, shape } of this.#step.parameters) {
        const array = this.#slot(kind, name);
        if (array === undefined) continue;
        const tensor = parts[kind].get(name);
        if (tensor === undefined || tensor.data.length !== elementCount(shape)) {
          throw new RangeError(
            `importState: got no ${kind} "${name}" of shape [${shape}]; the state is of another network`,
          );
        }
        array.data.set(tensor.data);
      }
    }
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    await this.#session.close();
    for (const { session } of this.#evaluations.values()) await session.close();
  }
}

function readResult(results: ReadonlyMap<string, FloatArray>): PartialResult["result"] {
  return {
    loss: scalarOf(results, "loss"),
    bitsPerPixel: scalarOf(results, "bitsPerPixel"),
    meanSquaredError: scalarOf(results, "meanSquaredError"),
    ...(results.has("msSsim") ? { msSsim: scalarOf(results, "msSsim") } : {}),
  };
}

/**
 * Zeros for the arrays that the graph reads and writes, or for those that it only reads. There are no averages where averaging is off, no
 * second moments of weights that Muon updates, and no moments at all of frozen weights.
 */
function emptyState({ parameters, frozen, graph }: TrainingGraph, isFrozen: boolean): Arrays {
  const chosen = parameters.filter(({ name }) => frozen.has(name) === isFrozen);
  const all = KINDS.flatMap((kind) => chosen.map(({ name, shape }) => ({ name: inputNames[kind](name), shape })));
  return new Map(all.filter(({ name }) => graph.inputs.has(name)).map(({ name, shape }) => [name, zeros(shape)]));
}

/** Options of {@link createTrainStep} that do not belong to the configuration. */
export interface TrainStepOptions {
  /** Write onnxruntime's profile to files that start with this path. */
  readonly profilePrefix?: string;
}

/** Opens a graph where the configuration wants it computed. Kernels for blocked channels are the processor's. */
async function openOn(config: TrainConfig, graph: Graph, options: TrainStepOptions = {}): Promise<Session> {
  const { threads, device = "cpu" } = config;
  if (device === "webgpu") checkTrainingForWebGpu(graph);
  const channelBlock = device === "cpu" ? await channelBlockSize() : 1;
  const model = exportOnnx(graph, { blocked: blockedChannels(channelBlock) });
  return openSession(device === "webgpu" ? withoutBackwardStarts(model) : model, { threads, device, ...options });
}

/**
 * Builds, differentiates and loads the training step of a configuration, with freshly initialised weights.
 * @throws {HalfstepError} `device-unavailable` if the device is not there, or computes a part of the step wrongly
 */
export async function createTrainStep(config: TrainConfig, options: TrainStepOptions = {}): Promise<TrainStep> {
  const step = trainingGraph(config);
  return new OnnxTrainStep(config, step, await openOn(config, step.graph, options));
}
