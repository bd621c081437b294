/**
 * How the latents of one small picture are refined, for who wants to look at it: the loss of every iteration as a pair of surrogates sees it, and
 * the loss with real rounding before and after. It is what an effort does (`refine-latents.ts`) with one stage, whose result is told even where an encoder
 * would drop it. It refuses no size, but takes the picture as one tile.
 */
import type { Image } from "../../image/image.ts";
import { imageSource } from "../../image/image-rows.ts";
import { createNetwork } from "../../networks/create-network.ts";
import { knotsOf } from "../../networks/quality.ts";
import type { StopSignal } from "../../stop-signal.ts";
import { ArrayPool } from "../array-pool.ts";
import type { NetworkRunner } from "../graphs.ts";
import { analyseTiles } from "../image-transforms.ts";
import { BITS_PER_SQUARED_STEP } from "../latents/economical-rounding.ts";
import { hyperpriorCoder } from "../latents/hyperprior-coder.ts";
import type { Model } from "../model/model.ts";
import { modelDistortion } from "../model/model-info.ts";
import { lambdaOfField, qualityField, qualityInput } from "../quality-setting.ts";
import type { DescentSettings } from "./descent.ts";
import { DESCENT, LAMBDA_FACTOR } from "./effort-levels.ts";
import type { LatentSurrogates } from "./latent-objective.ts";
import { ObjectiveSessions } from "./objective-sessions.ts";
import { refineLatents } from "./refine-latents.ts";

/** What is refined, and how. */
export interface TraceOptions {
  /** Of a model of variable rate: 0..100. */
  readonly quality?: number;
  readonly surrogates: LatentSurrogates;
  /** Temperatures and how far latents move in a step; what an effort does by default. */
  readonly descent?: Partial<Omit<DescentSettings, "surrogates">>;
  /** At least 1. */
  readonly iterations: number;
  readonly signal?: StopSignal;
  /** Is told each iteration, counted from 0, and the loss through the surrogates, in bits per pixel. */
  readonly onIteration?: (iteration: number, bitsPerPixel: number) => void;
}

/** The loss with real rounding in bits per pixel: bits + lambda * distortion, of what would be written. Its lambda is that of a search. */
export interface RealLoss {
  readonly before: number;
  readonly after: number;
}

/**
 * Refines the latents of a picture and tells how it goes.
 * @param runner of the model, for both directions
 * @throws {Error} for a model without a hyper-latent
 * @throws the reason of the signal if it is aborted
 */
export async function traceRefinement(
  model: Model,
  runner: NetworkRunner,
  image: Image,
  { quality, surrogates, descent = {}, iterations, signal, onIteration }: TraceOptions,
): Promise<RealLoss> {
  const network = createNetwork(model.network);
  if (network.coding !== "hyperprior" || model.tables.coding !== "hyperprior") {
    throw new Error("internal: latents without a hyper-latent are not refined");
  }
  const { lambdaRange } = model;
  const field = quality === undefined ? 0 : qualityField(quality);
  const input = lambdaRange && qualityInput(field, lambdaRange, knotsOf(model.network));
  const source = imageSource(image);
  const pool = new ArrayPool(0);
  const y = await analyseTiles(source, { network, lookAhead: 0, tileSide: 0, runner, quality: input, pool }).whole();
  const { parts: coding } = hyperpriorCoder(model, model.tables, network, runner);
  const sessions = new ObjectiveSessions(model, network, runner);
  const perPixel = 1 / (image.width * image.height);
  let real: RealLoss | null = null;
  try {
    await refineLatents({ network, coding, runner, sessions }, y, {
      source,
      tileSize: 0,
      quality: input,
      distortion: modelDistortion(model),
      lambda: LAMBDA_FACTOR * (lambdaRange === undefined ? model.lambda : lambdaOfField(field, lambdaRange)),
      bitsPerSquaredStep: BITS_PER_SQUARED_STEP,
      stages: [iterations],
      settings: { ...DESCENT, ...descent, surrogates },
      signal,
      onIteration: ({ iteration, bits, error }) => onIteration?.(iteration, (bits + error) * perPixel),
      onJudged: ({ before, after }) => {
        real = { before: before * perPixel, after: after * perPixel };
      },
    });
  } finally {
    await sessions.close();
  }
  if (real === null) throw new Error("internal: a picture of one tile was not judged");
  return real;
}
