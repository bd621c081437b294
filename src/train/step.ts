/**
 * The training step on onnxruntime, on the processor or a graphics card. The state lives in two sets of arrays: a step reads
 * one and writes the other, so that weights and moments are never copied. Weights that `trained` leaves out lie beside them: every step
 * reads them and none writes them.
 */
import { CounterRandom, elementCount, type Graph } from "../engine/index.ts";
import { withoutBackwardStarts } from "../engine/onnx/backward-slices.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { channelBlockSize } from "../engine/runtime/channel-block.ts";
import { type Array32, openSession, type Session } from "../engine/runtime/session.ts";
import { initializeParameters } from "../networks/index.ts";
import { adamScalars } from "./adam.ts";
import type { TrainConfig } from "./config.ts";
import { meanResult, type PartialResult } from "./mean-result.ts";
import { evaluatedQualities, trainingQualities } from "./quality-inputs.ts";
import { evaluationGraph, type StepGraph, slotNames, trainingGraph } from "./step-graph.ts";
import type { NoiseInput } from "./surrogate-inputs.ts";
import type { NamedTensor, TrainState, TrainStep, TrainStepResult } from "./train-step.ts";
import { checkTrainingForWebGpu } from "./webgpu-training.ts";

type Arrays = Map<string, Array32>;

function scalar(value: number): Array32 {
  return { data: Float32Array.of(value), shape: [] };
}

function readScalar(results: ReadonlyMap<string, Array32>, name: string): number {
  const value = results.get(name)?.data[0];
  if (value === undefined) throw new Error(`internal: the training graph gave no ${name}`);
  return value;
}

/** Images that an evaluation puts through the network at once; bounds its memory. */
const EVALUATION_BATCH = 4;

const KINDS = ["weight", "firstMoment", "secondMoment", "average"] as const;
type Kind = (typeof KINDS)[number];

class OnnxTrainStep implements TrainStep {
  readonly #config: TrainConfig;
  readonly #step: StepGraph;
  readonly #session: Session;
  readonly #random: CounterRandom;
  readonly #noise: ReadonlyMap<string, Array32>;
  readonly #evaluations = new Map<number, { readonly session: Session; readonly noise: readonly NoiseInput[] }>();
  readonly #frozen: Arrays;
  #current: Arrays;
  #next: Arrays;

  constructor(config: TrainConfig, step: StepGraph, session: Session) {
    this.#config = config;
    this.#step = step;
    this.#session = session;
    this.#random = new CounterRandom(config.seed);
    this.#noise = new Map(step.noise.map(({ input, shape }) => [input, emptyArray(shape)]));
    this.#frozen = emptyState(step, true);
    this.#current = emptyState(step, false);
    this.#next = emptyState(step, false);
    for (const [name, { data }] of initializeParameters(step.parameters, config.seed)) {
      this.#slot("weight", name)?.data.set(data);
      this.#slot("average", name)?.data.set(data);
    }
  }

  async run(batch: Float32Array, step: number, learningRate: number): Promise<TrainStepResult> {
    const { crop, batch: count } = this.#config;
    for (const { input, stream } of this.#step.noise) {
      const array = this.#noise.get(input);
      if (array === undefined) throw new Error(`internal: no array for ${input}`);
      this.#random.fillUniform(array.data, step, stream);
    }
    const { stepSize, epsilon, rate, averageDecay } = adamScalars(this.#config, step, learningRate);
    const feeds = new Map<string, Array32>([
      ...this.#frozen,
      ...this.#current,
      ...this.#noise,
      ["image", { data: batch, shape: [count, 3, crop, crop] }],
      ["step-size", scalar(stepSize)],
      ["epsilon", scalar(epsilon)],
      ["rate", scalar(rate)],
      ["average-decay", scalar(averageDecay)],
      ...this.#step.scheduled.map(({ input, valueAt }) => [input, scalar(valueAt(step))] as const),
      ...(this.#step.variableRate ? trainingQualities(this.#config, this.#random, step) : []),
    ]);
    // Some optimizers do without one of the scalars.
    for (const name of [...feeds.keys()]) if (!this.#step.graph.inputs.has(name)) feeds.delete(name);
    const into = new Map([...this.#next].map(([name, array]) => [`next/${name}`, array] as const));
    const results = await this.#session.run(feeds, into);
    [this.#current, this.#next] = [this.#next, this.#current];
    return { ...readResult(results), gradientNorm: readScalar(results, "gradientNorm") };
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
      const { graph, noise } = evaluationGraph(this.#config, count, size);
      evaluation = { session: await openOn(this.#config, graph), noise };
      this.#evaluations.set(key, evaluation);
    }
    const feeds = new Map<string, Array32>([["image", { data: batch, shape: [count, 3, size, size] }]]);
    for (const { input, shape } of evaluation.noise) feeds.set(input, emptyArray(shape));
    if (this.#step.variableRate) {
      for (const [input, array] of evaluatedQualities(this.#config, first, count)) feeds.set(input, array);
    }
    const source = this.#config.emaDecay === 0 ? "weight" : "average";
    for (const { name } of this.#step.parameters) {
      const array = this.#valueOf(source, name);
      if (array === undefined) throw new Error(`internal: the state has no ${source} of ${name}`);
      feeds.set(slotNames.weight(name), array);
    }
    return readResult(await evaluation.session.run(feeds));
  }

  /** The array of a weight that belongs to it alone, if the graph has one. */
  #slot(kind: Kind, name: string): Array32 | undefined {
    const slot = slotNames[kind](name);
    return this.#current.get(slot) ?? this.#frozen.get(slot);
  }

  /** The same for readers: the average of a weight that stands still is that weight. */
  #valueOf(kind: Kind, name: string): Array32 | undefined {
    const isStill = kind === "average" && this.#config.emaDecay !== 0 && this.#step.frozen.has(name);
    return this.#slot(isStill ? "weight" : kind, name);
  }

  exportState(): Promise<TrainState> {
    const copy = (kind: Kind): Map<string, NamedTensor> =>
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

function readResult(results: ReadonlyMap<string, Array32>): PartialResult["result"] {
  return {
    loss: readScalar(results, "loss"),
    bitsPerPixel: readScalar(results, "bitsPerPixel"),
    meanSquaredError: readScalar(results, "meanSquaredError"),
    ...(results.has("msSsim") ? { msSsim: readScalar(results, "msSsim") } : {}),
  };
}

function emptyArray(shape: readonly number[]): Array32 {
  return { shape, data: new Float32Array(elementCount(shape)) };
}

/**
 * Zeros for what the graph reads and writes, or for what it only reads: no averages where averaging is off, no second moments of what
 * Muon updates, weights alone of what stands still.
 */
function emptyState({ parameters, frozen, graph }: StepGraph, isFrozen: boolean): Arrays {
  const chosen = parameters.filter(({ name }) => frozen.has(name) === isFrozen);
  const all = KINDS.flatMap((kind) => chosen.map(({ name, shape }) => ({ name: slotNames[kind](name), shape })));
  return new Map(all.filter(({ name }) => graph.inputs.has(name)).map(({ name, shape }) => [name, emptyArray(shape)]));
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
  const model = exportOnnx(graph, { channelBlock });
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
