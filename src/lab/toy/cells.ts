/** The quantization cells of a trained toy codec as a picture: boundaries in the plane, and where each cell is reconstructed. */
import { arrayOf, CounterRandom, type FloatArray, type OpenGraph, zeros } from "../../engine/index.ts";
import { weightFeeds } from "../../objective/build-objective.ts";
import { BANANA_FRAME, fillBanana } from "./banana.ts";
import { contourLines, type Grid, type Polyline } from "./contours.ts";
import { toyAnalysisGraph, toySynthesisGraph } from "./toy-graphs.ts";

/** What a picture of cells shows. */
export interface ToyCells {
  /** Points of the source, a sample. */
  readonly points: readonly (readonly [number, number])[];
  /** Where a latent crosses a half-integer. */
  readonly boundaries: readonly Polyline[];
  /** Reconstructions of the cells that the sample hits, with the part of the sample in each. */
  readonly codebook: readonly { readonly x: number; readonly y: number; readonly share: number }[];
}

const GRID_SIZE = 101;
const SAMPLE_COUNT = 400;
/** Points by which it is decided which cells are used. */
const USE_COUNT = 8192;
const SAMPLE_SEED = 7;
/** Level lines of one latent at most: a latent that runs wild outside the source would fill the picture. */
const MOST_LEVELS = 80;

/** Computes the picture. @param weights of `trainToy` */
export async function toyCells(weights: ReadonlyMap<string, FloatArray>, open: OpenGraph): Promise<ToyCells> {
  const sample = zeros([USE_COUNT, 2]);
  fillBanana(sample.data, new CounterRandom(SAMPLE_SEED), 0, 0);
  const used = await symbolsOf(await analyse(sample, weights, open));
  const grid = zeros([GRID_SIZE * GRID_SIZE, 2]);
  const { left, right, bottom, top } = BANANA_FRAME;
  for (let j = 0; j < GRID_SIZE; j++) {
    for (let i = 0; i < GRID_SIZE; i++) {
      const place = 2 * (j * GRID_SIZE + i);
      grid.data[place] = left + ((right - left) * i) / (GRID_SIZE - 1);
      grid.data[place + 1] = bottom + ((top - bottom) * j) / (GRID_SIZE - 1);
    }
  }
  const latents = await analyse(grid, weights, open);
  const boundaries = [0, 1].flatMap((which) =>
    boundariesOf({
      columns: GRID_SIZE,
      rows: GRID_SIZE,
      ...BANANA_FRAME,
      values: latents.filter((_, i) => i % 2 === which),
    }),
  );
  return {
    points: Array.from({ length: SAMPLE_COUNT }, (_, i) => [sample.data[2 * i]!, sample.data[2 * i + 1]!]),
    boundaries,
    codebook: await reconstruct(used, weights, open),
  };
}

async function analyse(
  points: FloatArray,
  weights: ReadonlyMap<string, FloatArray>,
  open: OpenGraph,
): Promise<Float32Array> {
  const { graph, parameters } = toyAnalysisGraph(points.shape[0]!);
  const runner = await open(graph);
  try {
    const results = await runner.run(new Map([["points", points], ...weightFeeds(parameters, weights)]));
    return arrayOf(results, "latent").data;
  } finally {
    await runner.close();
  }
}

/** The pairs of symbols that occur, with their share. */
function symbolsOf(latents: Float32Array): ReadonlyMap<string, { readonly symbols: readonly number[]; share: number }> {
  const found = new Map<string, { readonly symbols: readonly number[]; share: number }>();
  const count = latents.length / 2;
  for (let i = 0; i < count; i++) {
    const symbols = [Math.round(latents[2 * i]!), Math.round(latents[2 * i + 1]!)];
    const entry = found.get(symbols.join()) ?? { symbols, share: 0 };
    entry.share += 1 / count;
    found.set(symbols.join(), entry);
  }
  return found;
}

async function reconstruct(
  used: ReadonlyMap<string, { readonly symbols: readonly number[]; share: number }>,
  weights: ReadonlyMap<string, FloatArray>,
  open: OpenGraph,
): Promise<ToyCells["codebook"]> {
  const entries = [...used.values()];
  const { graph, parameters } = toySynthesisGraph(entries.length);
  const runner = await open(graph);
  try {
    const symbols = { shape: [entries.length, 2], data: Float32Array.from(entries.flatMap((entry) => entry.symbols)) };
    const results = await runner.run(new Map([["symbols", symbols], ...weightFeeds(parameters, weights)]));
    const { data } = arrayOf(results, "points");
    return entries.map(({ share }, i) => ({ x: data[2 * i]!, y: data[2 * i + 1]!, share }));
  } finally {
    await runner.close();
  }
}

function boundariesOf(grid: Grid): readonly Polyline[] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of grid.values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const first = Math.max(Math.floor(low), -MOST_LEVELS / 2);
  const last = Math.min(Math.ceil(high), MOST_LEVELS / 2);
  const lines: Polyline[] = [];
  for (let k = first; k <= last; k++) lines.push(...contourLines(grid, k + 0.5));
  return lines;
}
