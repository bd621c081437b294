/** The laboratory in a worker. The view starts several: one for what follows a slider, one for the plane, one that trains. */
import * as Comlink from "comlink";
import { type RealLoss, traceRefinement } from "../../../src/codec/effort/trace-refinement.ts";
import { type NetworkRunner, openNetwork } from "../../../src/codec/graphs.ts";
import type { Model } from "../../../src/codec/model/model.ts";
import { parseModel } from "../../../src/codec/model/model-file.ts";
import { DEFAULT_QUALITY } from "../../../src/codec/quality-setting.ts";
import type { FloatArray, OpenGraph, Session } from "../../../src/engine/index.ts";
import { exportOnnx } from "../../../src/engine/onnx/export.ts";
import { openWebSession } from "../../../src/engine/runtime/web-session.ts";
import type { Image } from "../../../src/image/image.ts";
import {
  findPairs,
  makeLaws,
  sweepStudies,
  type ToyCells,
  type ToyFigures,
  toyCells,
  tradeoffSweep,
  trainToy,
} from "../../../src/lab/index.ts";
import { download } from "../codec/download.ts";
import { MODEL_FILES } from "../codec/heavy-files.ts";
import { runtimeFiles } from "../codec/runtime.ts";
import type { RefiningSurrogate } from "./refining.ts";
import {
  boundCurve,
  type Choice,
  figuresOf,
  meanGradients,
  type PlanePoint,
  type Problem,
  planePoint,
  pointOf,
  problemOf,
  SMALLEST_SCALE,
  samplesOf,
} from "./studies.ts";

/** A toy codec in training. */
export interface ToyProgress {
  readonly done: number;
  readonly steps: number;
  /** Means over the steps since the last report, bits for each point. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  readonly cells: ToyCells | null;
  /** With real rounding and as training saw it, at the end. */
  readonly figures: { readonly hard: ToyFigures; readonly soft: ToyFigures } | null;
}

type Law = ReturnType<typeof makeLaws>[number];

/** Laws of the sweep, made once: they serve every source and loss. */
const laws = new Map<number, Law>();
/** How long a training computes before it lets something else in. */
const LONGEST_WORK_MS = 30;
/** A running sweep ends when this number has changed. */
let turn = 0;

/** Lets in the messages that came meanwhile. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Every third temperature comes first, and surrogates with two numbers of noise come last. So the plane soon shows where things lie. */
function orderOfSweep(): readonly number[] {
  const studies = sweepStudies(false);
  const lateness = (index: number): number => {
    const noise = studies[index]?.surrogate.noise;
    return (noise?.numbers === 2 ? 10 : 0) + (index % 3);
  };
  return studies.map((_, index) => index).sort((a, b) => lateness(a) - lateness(b) || a - b);
}

/** Opens graphs by WebAssembly, on one thread. */
async function openGraphs(): Promise<OpenGraph> {
  const wasmPaths = await runtimeFiles("wasm", () => undefined);
  let lastMs = performance.now();
  return async (graph, { openImageSize = false } = {}) => {
    const session = await openWebSession(exportOnnx(graph, { openImageSize }), { wasmPaths });
    const run: Session["run"] = async (feeds) => {
      // If the loop waited for runs alone, nothing else would get in: neither messages nor the sessions that draw the cells.
      if (performance.now() - lastMs > LONGEST_WORK_MS) {
        await breathe();
        lastMs = performance.now();
      }
      return session.run(feeds);
    };
    return { ...session, run };
  };
}

const api = {
  samples: (choice: Choice, problem: Problem) => samplesOf(choice, problem),
  figures: (choice: Choice) => figuresOf(choice),
  point: (choice: Choice, problem: Problem) => pointOf(choice, problem),
  bound: (bound: number) => boundCurve(bound),
  means: (choice: Choice) => meanGradients(choice),

  /** Every surrogate over its temperatures. Tells each point when it is made. A later call ends an earlier one. */
  async plane(problem: Problem, onPoints: (points: readonly PlanePoint[], total: number) => void): Promise<void> {
    const mine = ++turn;
    const studies = sweepStudies(false);
    const exact = problemOf(problem);
    let ready: PlanePoint[] = [];
    let lastMs = performance.now();
    for (const index of orderOfSweep()) {
      let law = laws.get(index);
      if (law === undefined) {
        await breathe();
        if (turn !== mine) return;
        [law] = makeLaws(studies.slice(index, index + 1), SMALLEST_SCALE);
        if (law === undefined) throw new Error("internal: no law");
        laws.set(index, law);
      }
      ready.push(...tradeoffSweep([law], exact).points.map(planePoint));
      if (performance.now() - lastMs > 200) {
        onPoints(ready, studies.length);
        ready = [];
        lastMs = performance.now();
      }
    }
    onPoints(ready, studies.length);
  },

  /** Trains a toy codec with the pair of surrogates of a name. */
  async toy(pairName: string, steps: number, onProgress: (progress: ToyProgress) => void): Promise<void> {
    const [pair] = findPairs([pairName]);
    if (pair === undefined) throw new Error("internal: no pair");
    const open = await openGraphs();
    let losses: { step: number; loss: number }[] = [];
    let drawing: Promise<void> | null = null;
    const every = Math.max(1, Math.round(steps / 40));
    let sum = 0;
    const report = (done: number, cells: ToyCells | null): void => {
      onProgress({ done, steps, losses, cells, figures: null });
      losses = [];
    };
    const trained = await trainToy(pair, { seed: 1, steps }, open, ({ done, loss, weights }) => {
      sum += loss;
      if (done % every !== 0) return;
      losses.push({ step: done, loss: sum / every });
      sum = 0;
      report(done, null);
      if (drawing !== null) return;
      const copy = copied(weights);
      drawing = toyCells(copy, open).then((cells) => {
        report(done, cells);
        drawing = null;
      });
    });
    await drawing;
    const cells = await toyCells(trained.weights, open);
    const { hard, soft } = trained;
    onProgress({ done: steps, steps, losses, cells, figures: { hard, soft } });
  },

  /** Refines the latents of a small picture through a surrogate; tells the loss of each iteration, in bits per pixel. */
  async refine(
    image: Image,
    surrogate: RefiningSurrogate,
    iterations: number,
    onIteration: (iteration: number, bitsPerPixel: number) => void,
  ): Promise<RealLoss> {
    refined ??= openModel();
    const { model, runner } = await refined.catch((error: unknown) => {
      refined = null;
      throw error;
    });
    const surrogates = { rate: surrogate, distortion: surrogate };
    return traceRefinement(model, runner, image, { quality: DEFAULT_QUALITY, surrogates, iterations, onIteration });
  },
};

/** The model of the codec view, for pictures of any size. */
let refined: Promise<{ readonly model: Model; readonly runner: NetworkRunner }> | null = null;

async function openModel(): Promise<{ readonly model: Model; readonly runner: NetworkRunner }> {
  const open = await openGraphs();
  const model = parseModel(await download(MODEL_FILES.psnr, () => undefined), "model");
  return { model, runner: await openNetwork(model, open, 1) };
}

function copied(weights: ReadonlyMap<string, FloatArray>): ReadonlyMap<string, FloatArray> {
  return new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

/** The type of the worker, for the view. */
export type LabWorker = typeof api;

Comlink.expose(api);
