/**
 * Writes a model as a folder of ONNX files, for other programs. There is one file for each graph of the codec, with the weights inside, with open
 * image sizes and with standard operators only. `model.json` describes them. Files of exact graphs are called `<name>.exact.onnx`. A program that
 * codes with them must run them without Winograd, Fourier or TF32 (docs/decisions/0009-runtimes.md).
 *
 * The tables of the entropy coder stay in the model file, which any reader of safetensors opens (docs/decisions/0005-model-file.md).
 */
import { existsSync, renameSync } from "node:fs";
import { mkdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { checkOptions } from "../arguments.ts";
import { removingAfter, withTemporaryPath, writeFileAtomic } from "../atomic-file.ts";
import { modelGraphs } from "../codec/graphs.ts";
import type { Model } from "../codec/model/model.ts";
import type { Graph, Tensor } from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { HalfstepError, UsageError } from "../errors.ts";
import { createNetwork } from "../networks/create-network.ts";
import { entropyGraphs } from "../networks/entropy/index.ts";
import { lambdaOfQuality } from "../networks/quality.ts";
import type { StopSignal } from "../stop-signal.ts";
import { findModel, type ModelInfo } from "./model-files.ts";

/** Options of {@link exportModel}. */
export interface ExportModelOptions {
  /** Replace an earlier export. False by default. */
  readonly force?: boolean;
  /** Stops the export between two files. Nothing is left behind. */
  readonly signal?: StopSignal;
}

/** One file of an export. */
export interface ExportedGraph {
  /** What the graph computes: "analysis", "synthesis", or a part of the entropy networks. */
  readonly name: string;
  /** Name of the file in the folder. */
  readonly file: string;
  /** Whether its sums are exact integers, which must be computed as sums of products. */
  readonly exact: boolean;
  /** Length of the file. */
  readonly bytes: number;
}

/** What {@link exportModel} wrote. */
export interface ExportedModel {
  /** The model. */
  readonly info: ModelInfo;
  /** One for each file, in the order in which they were written. */
  readonly graphs: readonly ExportedGraph[];
}

/** Name of the description in the folder. */
const EXPORT_DESCRIPTION = "model.json";
const FORMAT = "halfstep-onnx";
const VERSION = 1;
/** What the elements of the input "quality" stand for. A lambda between two of them becomes two weights that sum to 1. */
function qualityLambdas(knots: number): readonly number[] {
  return Array.from({ length: knots }, (_, knot) => lambdaOfQuality(knot / (knots - 1), knots));
}

/** Shapes by name. A string stands for an open size. */
type Shapes = Readonly<Record<string, readonly (number | string)[]>>;

/** A size that is open, as a multiple or a part of another; both are examples. */
function openSize(name: string, size: number, unit: number): string {
  if (size === unit) return name;
  return size > unit ? `${size / unit} * ${name}` : `${name} / ${unit / size}`;
}

/**
 * Heights and widths in those of the graph's first input. Graphs of "positions" have channels last, `[1, 1, positions, channels]`:
 * `exportOnnx` leaves those open too, but the weights do not.
 */
function openShapes(graph: Graph, tensors: ReadonlyMap<string, Tensor>, layout: "maps" | "positions"): Shapes {
  const [first] = graph.inputs.values();
  const [height = 1, width = 1] = first?.shape.slice(2) ?? [];
  const shapes = [...tensors].map(([name, { shape }]): [string, readonly (number | string)[]] => {
    if (shape.length === 2) return [name, shape];
    const [batch = 1, channels = 1, rows = 1, columns = 1] = shape;
    return layout === "positions"
      ? [name, [batch, channels, "positions", columns]]
      : [name, [batch, channels, openSize("height", rows, height), openSize("width", columns, width)]];
  });
  return Object.fromEntries(shapes);
}

/** Names of the graphs whose inputs are `[1, 1, positions, channels]`. */
function positionGraphs(model: Model): ReadonlySet<string> {
  const network = createNetwork(model.network);
  if (network.coding === "factorized") return new Set();
  const graphs = entropyGraphs(network).filter(({ layout }) => layout === "positions");
  return new Set(graphs.map(({ name }) => name));
}

/**
 * Writes a model's graphs. The folder is written completely or not at all.
 *
 * @param which as `findModel` takes it
 * @param folder the folder to make; its parent must exist
 * @throws {UsageError} `output-exists`; `no-output-folder`; `not-an-export` if `force` would destroy a folder that this function did not make
 * @throws {HalfstepError} `cannot-write`; the errors of `findModel`; the signal's reason if it is aborted
 */
export async function exportModel(
  which: string,
  folder: string,
  options: ExportModelOptions = {},
): Promise<ExportedModel> {
  checkOptions(options, "exportModel: the options", ["force", "signal"] satisfies (keyof ExportModelOptions)[]);
  const { force = false, signal } = options;
  const target = await checkTarget(folder, force);
  const { model, info } = await findModel(which);
  return withTemporaryPath(path.dirname(target), ".tmp", async (temporary) => {
    await writing(folder, () => mkdir(temporary));
    const graphs = await writeGraphs(model, info, temporary, signal);
    await writing(folder, () => moveInto(temporary, target, folder, force));
    return { info, graphs };
  });
}

async function writeGraphs(
  model: Model,
  info: ModelInfo,
  folder: string,
  signal: StopSignal | undefined,
): Promise<readonly ExportedGraph[]> {
  const graphs: ExportedGraph[] = [];
  const described: Record<string, unknown> = {};
  const ofPositions = positionGraphs(model);
  for (const [name, { graph, exact }] of modelGraphs(model)) {
    const file = `${name}${exact ? ".exact" : ""}.onnx`;
    const bytes = exportOnnx(graph, { openImageSize: true });
    await writeFileAtomic(path.join(folder, file), bytes);
    graphs.push({ name, file, exact, bytes: bytes.length });
    const layout = ofPositions.has(name) ? "positions" : "maps";
    described[name] = {
      file,
      exact,
      inputs: openShapes(graph, graph.inputs, layout),
      outputs: openShapes(graph, graph.outputs, layout),
    };
    signal?.throwIfAborted();
  }
  const { name, network, lambda, lambdaRange, scaleBound, training, tables } = model;
  const { variableRate, ...built } = createNetwork(network);
  const description = {
    format: FORMAT,
    version: VERSION,
    name,
    identity: info.identity,
    network,
    lambda,
    ...(variableRate ? { lambdaRange, qualityLambdas: qualityLambdas(built.qualityKnots) } : {}),
    scaleBound,
    ...(built.coding === "hyperprior" ? { scaleForm: built.scaleForm } : {}),
    graphs: described,
    // A scale (or its natural logarithm, by `scaleForm`) is of level i if exactly i of these are at or below it.
    thresholds: "thresholds" in tables ? [...tables.thresholds] : null,
    training,
  };
  const text = `${JSON.stringify(description, null, 2)}\n`;
  await writeFileAtomic(path.join(folder, EXPORT_DESCRIPTION), new TextEncoder().encode(text));
  return graphs;
}

/** The path of the folder, with symbolic links followed. */
async function checkTarget(folder: string, force: boolean): Promise<string> {
  if ((await writing(folder, () => unlessMissing(() => stat(folder)))) === undefined) {
    const parent = path.dirname(path.resolve(folder));
    if (!(await writing(folder, () => unlessMissing(() => stat(parent))))?.isDirectory()) {
      throw new UsageError("no-output-folder", `${folder}: the folder ${parent} does not exist; create it first`);
    }
    return path.resolve(folder);
  }
  if (!force) throw outputExists(folder);
  if (!(await isExport(folder))) {
    throw new UsageError(
      "not-an-export",
      `${folder}: got something that is not an earlier export, expected one to replace; choose another folder`,
    );
  }
  return realpath(folder);
}

async function isExport(folder: string): Promise<boolean> {
  try {
    const description: unknown = JSON.parse(await readFile(path.join(folder, EXPORT_DESCRIPTION), "utf8"));
    return (
      typeof description === "object" &&
      description !== null &&
      "format" in description &&
      description.format === FORMAT
    );
  } catch {
    // No such file, or not JSON: made by somebody else.
    return false;
  }
}

/**
 * Gives the temporary folder its name. An earlier export is removed only when the new one is whole. The renames are synchronous, so that no signal
 * comes between them.
 */
async function moveInto(temporary: string, target: string, folder: string, force: boolean): Promise<void> {
  const former = `${temporary}.old`;
  const replaces = force && existsSync(target);
  if (replaces) renameSync(target, former);
  try {
    renameSync(temporary, target);
  } catch (error) {
    if (replaces) renameSync(former, target);
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") throw outputExists(folder);
    throw error;
  }
  if (replaces) await removingAfter(former, async () => undefined);
}

function outputExists(folder: string): UsageError {
  return new UsageError("output-exists", `${folder}: already exists; pass --force to replace an earlier export`);
}

/** Runs a step of the file system. Its failure becomes `cannot-write`. */
async function writing<Result>(folder: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof HalfstepError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new HalfstepError("cannot-write", `${folder}: cannot be written (${message}); choose another place`, {
      cause: error,
    });
  }
}

/** Undefined if nothing is at the path. */
async function unlessMissing<Result>(step: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await step();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
