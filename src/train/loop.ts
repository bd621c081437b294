/**
 * The training loop: batches in, steps, metrics, validation, checkpoints. It knows nothing of graphs or devices (see
 * `train-step.ts`) and keeps no state of its own that matters: everything is a function of the step number, the seed and
 * the state of the step. A run that is stopped, or killed and resumed, therefore arrives at the same numbers as one that
 * never was.
 *
 * The next batch is prepared while the step runs, as far as the step leaves this thread free.
 */
import { HalfstepError } from "../errors.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { growthOf, type TrainConfig } from "./config.ts";
import { DivergedError, findNonFiniteResult, findNonFiniteTensor, LossWatch } from "./divergence.ts";
import { readInitialState } from "./initial-weights.ts";
import { meanResult, type PartialResult } from "./mean-result.ts";
import { MetricsWriter, psnrDbOf, readMetrics, resultFields } from "./metrics.ts";
import { openRun } from "./run-folder.ts";
import { learningRateAt } from "./schedules.ts";
import type { TrainState, TrainStep, TrainStepResult } from "./train-step.ts";

/** Step times that the progress averages over. */
const TIMING_WINDOW = 50;
/** Validation crops that are evaluated at once. */
const VALIDATION_BATCH = 8;

/** Where training batches come from; `CropSampler` is one. */
export interface BatchSource {
  /** Writes the batch of a step as [batch, 3, crop, crop], 0..1; a pure function of the step. */
  fill(step: number, out: Float32Array): void;
}

/** Where validation images come from; `ValidationCrops` is one. */
export interface ValidationSource {
  readonly count: number;
  readonly size: number;
  /** Images first..first + count - 1 as [count, 3, size, size], 0..1. */
  read(first: number, count: number): Float32Array;
}

/** Options of {@link trainLoop}. */
export interface TrainLoopOptions {
  readonly config: TrainConfig;
  /** The network, freshly made, or what makes it when the run is open. The loop does not dispose of it. */
  readonly step: TrainStep | (() => Promise<TrainStep>);
  readonly batches: BatchSource;
  /** Needed only when `config.validateEvery` is not 0; without it nothing is validated. */
  readonly validation?: ValidationSource;
  /** The run's folder. */
  readonly folder: string;
  /** Go on with the run in the folder. Default false: the folder must be new or empty. */
  readonly resume?: boolean;
  /**
   * Folder of a run, or a file of weights, to begin with (`readInitialState`). Like `config.initialWeights`, but not part of what is
   * stored: for callers that keep a record of where a run began themselves. Not looked at when a run goes on from a checkpoint.
   */
  readonly startFrom?: string;
  /** Whether the last checkpoint holds the optimizer's state too; without it nobody can go on from there. Default true. */
  readonly keepOptimizer?: boolean;
  /** Identity of the images, stored in checkpoints and compared when resuming. */
  readonly dataHash?: string;
  /** Stops after the running step; a checkpoint is written, and the loop returns normally. */
  readonly signal?: AbortSignal;
  /** Given the warnings of the summary one by one, before training begins. */
  readonly onWarning?: (warning: string) => void;
  readonly onProgress?: (progress: TrainProgress) => void;
}

/** Given to `onProgress` after every step. */
export interface TrainProgress {
  /** Completed steps. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly bitsPerPixel: number;
  readonly psnrDb: number;
  /** MS-SSIM, 0..1; only where the network is trained for it. */
  readonly msSsim?: number;
  /** Mean over the last 50 steps, everything included. */
  readonly millisecondsPerStep: number;
  readonly secondsLeft: number;
}

/** What {@link trainLoop} returns. */
export interface TrainSummary {
  /** "stopped" by the signal, or "finished". */
  readonly outcome: "finished" | "stopped";
  /** Completed steps. A checkpoint of them exists. */
  readonly step: number;
  /** Steps completed before this call. */
  readonly resumedAt: number;
  /** The last validation of this call, if there was one. */
  readonly validation: TrainStepResult | undefined;
  /** Damaged checkpoints that were passed over, and the like. */
  readonly warnings: readonly string[];
}

/**
 * Trains until `config.steps` steps are done or the signal stops it.
 * @throws HalfstepError "diverged" when a number is not finite or the loss explodes; names the step, the quantity, the first
 *   bad tensor and the last good checkpoint.
 * @throws HalfstepError "cannot-write" when the disk is full, or the run's folder cannot be written to for another reason;
 *   names the last good checkpoint.
 * @throws HalfstepError "bad-metrics" when a line of the metrics before the checkpoint is damaged.
 * @throws the errors of `openRun`, and whatever the step or the sources throw; the lock is given back in any case.
 */
export async function trainLoop(options: TrainLoopOptions): Promise<TrainSummary> {
  const { config, folder, dataHash, resume = false } = options;
  const opened = openRun(folder, config, dataHash, resume);
  try {
    const warnings: string[] = [];
    const warn = (warning: string): void => {
      warnings.push(warning);
      options.onWarning?.(warning);
    };
    for (const warning of opened.warnings) warn(warning);
    const { checkpoint } = opened;
    const step = typeof options.step === "function" ? await options.step() : options.step;
    if (checkpoint !== undefined) await step.importState(checkpoint.state);
    else {
      const source = options.startFrom ?? config.initialWeights;
      if (source !== undefined) {
        const fresh = await step.exportState();
        await step.importState(readInitialState(source, fresh, await growthOf(config), warn));
      }
    }
    opened.begin();
    const resumedAt = checkpoint?.step ?? 0;
    const metrics = new MetricsWriter(folder, resumedAt);
    try {
      const run = new Run({ ...options, step }, metrics, resumedAt, checkpoint?.step);
      return { ...(await run.run()), resumedAt, warnings };
    } finally {
      metrics.close();
    }
  } finally {
    opened.close();
  }
}

type RunOptions = TrainLoopOptions & { readonly step: TrainStep };

/** One call of the loop: what it has to remember between steps. */
class Run {
  readonly #options: RunOptions;
  readonly #metrics: MetricsWriter;
  readonly #watch: LossWatch;
  readonly #stepMilliseconds: number[] = [];
  #completed: number;
  #savedStep: number | undefined;
  #lastResult: TrainStepResult | undefined;
  #validation: TrainStepResult | undefined;

  constructor(options: RunOptions, metrics: MetricsWriter, completed: number, savedStep: number | undefined) {
    this.#options = options;
    this.#metrics = metrics;
    this.#completed = completed;
    this.#savedStep = savedStep;
    const earlier = readMetrics(options.folder).filter(({ type }) => type === "train");
    this.#watch = new LossWatch(earlier.map(({ loss }) => loss));
  }

  async run(): Promise<Pick<TrainSummary, "outcome" | "step" | "validation">> {
    try {
      return await this.#train();
    } catch (error) {
      if (!(error instanceof HalfstepError) || error.code !== "cannot-write") throw error;
      const message = `training stopped after step ${this.#completed}: ${error.message}; ${this.#lastCheckpoint()}`;
      throw new HalfstepError(error.code, message, { cause: error });
    }
  }

  async #train(): Promise<Pick<TrainSummary, "outcome" | "step" | "validation">> {
    const { config, batches, signal } = this.#options;
    const batchLength = config.batch * 3 * config.crop ** 2;
    let [current, next] = [new Float32Array(batchLength), new Float32Array(batchLength)];
    if (this.#completed < config.steps) batches.fill(this.#completed, current);
    while (this.#completed < config.steps && signal?.aborted !== true) {
      const startedMs = performance.now();
      await this.#takeStep(current, next, startedMs);
      [current, next] = [next, current];
      const isLast = this.#completed === config.steps;
      if (config.validateEvery > 0 && (isLast || this.#completed % config.validateEvery === 0)) await this.#validate();
      if (!isLast && this.#completed % config.checkpointEvery === 0) await this.#save();
      this.#report(startedMs);
    }
    await this.#save();
    const outcome = this.#completed >= config.steps ? "finished" : "stopped";
    return { outcome, step: this.#completed, validation: this.#validation };
  }

  /** Takes the step on `current` and meanwhile fills `next` with the batch after it. */
  async #takeStep(current: Float32Array, next: Float32Array, startedMs: number): Promise<void> {
    const { config, step, batches } = this.#options;
    const index = this.#completed;
    const learningRate = learningRateAt(index, config);
    const running = step.run(current, index, learningRate);
    try {
      if (index + 1 < config.steps) batches.fill(index + 1, next);
    } catch (error) {
      await running; // The step must not be left running; its own failure would come first.
      throw error;
    }
    const result = await running;
    const problem = findNonFiniteResult(result) ?? this.#watch.add(result.loss, index >= config.optimizer.warmupSteps);
    if (problem !== undefined) throw await this.#diverged(index, problem);
    this.#completed = index + 1;
    this.#metrics.append({
      type: "train",
      step: this.#completed,
      ...resultFields(result),
      gradientNorm: result.gradientNorm,
      learningRate,
      threads: config.threads,
      milliseconds: Math.round((performance.now() - startedMs) * 100) / 100,
    });
    this.#lastResult = result;
  }

  async #validate(): Promise<void> {
    const { step, validation } = this.#options;
    if (validation === undefined) return;
    const startedMs = performance.now();
    const parts: PartialResult[] = [];
    for (let first = 0; first < validation.count; first += VALIDATION_BATCH) {
      const images = Math.min(VALIDATION_BATCH, validation.count - first);
      parts.push({ images, result: await step.evaluate(validation.read(first, images), images, validation.size) });
    }
    const result = meanResult(parts);
    const problem = findNonFiniteResult(result);
    if (problem !== undefined) throw await this.#diverged(this.#completed, `validation ${problem}`);
    this.#validation = result;
    this.#metrics.append({
      type: "validation",
      step: this.#completed,
      ...resultFields(result),
      milliseconds: Math.round(performance.now() - startedMs),
    });
  }

  async #save(): Promise<void> {
    if (this.#savedStep === this.#completed) return;
    const { config, folder, dataHash, step, keepOptimizer = true } = this.#options;
    const state = await step.exportState();
    const problem = findNonFiniteTensor(state);
    if (problem !== undefined) throw await this.#diverged(this.#completed, problem, state);
    this.#metrics.flush();
    const isSlim = !keepOptimizer && this.#completed >= config.steps;
    const stored = isSlim ? { ...state, firstMoments: new Map(), secondMoments: new Map() } : state;
    saveCheckpoint(folder, { step: this.#completed, config, dataHash, state: stored });
    this.#savedStep = this.#completed;
  }

  #report(startedMs: number): void {
    const { config, onProgress } = this.#options;
    const result = this.#lastResult;
    if (onProgress === undefined || result === undefined) return;
    const times = this.#stepMilliseconds;
    times.push(performance.now() - startedMs);
    if (times.length > TIMING_WINDOW) times.shift();
    const millisecondsPerStep = times.reduce((sum, time) => sum + time, 0) / times.length;
    onProgress({
      step: this.#completed,
      steps: config.steps,
      loss: result.loss,
      bitsPerPixel: result.bitsPerPixel,
      psnrDb: psnrDbOf(result.meanSquaredError),
      ...(result.msSsim === undefined ? {} : { msSsim: result.msSsim }),
      millisecondsPerStep,
      secondsLeft: ((config.steps - this.#completed) * millisecondsPerStep) / 1000,
    });
  }

  /** Where the run can go on from, in words. */
  #lastCheckpoint(): string {
    if (this.#savedStep === undefined) return "there is no checkpoint yet";
    return `the last good checkpoint is of step ${this.#savedStep} in "${this.#options.folder}"`;
  }

  async #diverged(index: number, problem: string, known?: TrainState): Promise<DivergedError> {
    const { step } = this.#options;
    const tensor = findNonFiniteTensor(known ?? (await step.exportState()));
    const where = tensor === undefined || tensor === problem ? "" : ` (first bad tensor: ${tensor})`;
    return new DivergedError(
      index,
      `${problem}${where}`,
      `training step ${index}: ${problem}${where}, expected finite numbers and a steady loss; ${this.#lastCheckpoint()}; lower optimizer.learningRate or optimizer.clipNorm, or check the data`,
    );
  }
}
