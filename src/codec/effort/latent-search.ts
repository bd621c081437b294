/**
 * The effort of an encoder, as a codec uses it. The code that computes gradients is loaded when the first image is encoded with an effort, so a program
 * that only decodes does not load it.
 */
import type { FloatArray } from "../../engine/index.ts";
import { UsageError } from "../../errors.ts";
import type { ImageSource } from "../../image/image-rows.ts";
import type { Network } from "../../networks/network.ts";
import type { StopSignal } from "../../stop-signal.ts";
import type { EffortProgress } from "../encode-settings.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { CodingParts, SoughtLatents } from "../latents/latent-coder.ts";
import type { Model } from "../model/model.ts";
import { modelDistortion } from "../model/model-info.ts";
import type { FeatureMap } from "../tiling/feature-map.ts";
import type { ObjectiveSessions } from "./objective-sessions.ts";

/** Options of {@link LatentSearch.refine}. */
export interface LatentSearchOptions {
  /** 1..9 */
  readonly effort: number;
  /** The image that was analysed. It is read again. */
  readonly source: ImageSource;
  /** Side of the tiles that are coded, in pixels; 0: not tiled. */
  readonly tileSize: number;
  /** As `NetworkRunner.analysis` takes it. */
  readonly quality: FloatArray | undefined;
  /** The weight of the model's distortion in its training. */
  readonly lambda: number;
  /** As `economicalRounding` takes it. */
  readonly bitsPerSquaredStep: number;
  readonly signal?: StopSignal | undefined;
  readonly onProgress?: ((progress: EffortProgress) => void) | undefined;
}

/** Searches for better latents for images of one codec. */
export class LatentSearch {
  readonly #model: Model;
  readonly #network: Network;
  readonly #coding: CodingParts | null;
  readonly #runner: NetworkRunner;
  #sessions: ObjectiveSessions | null = null;

  /** @param coding of the model's coder; null for a model without a hyper-latent */
  constructor(model: Model, network: Network, coding: CodingParts | null, runner: NetworkRunner) {
    this.#model = model;
    this.#network = network;
    this.#coding = coding;
    this.#runner = runner;
  }

  /** Refuses an effort if the model takes none. @throws {UsageError} `no-effort` */
  check(effort: number): void {
    if (effort === 0 || this.#coding !== null) return;
    throw new UsageError(
      "no-effort",
      `effort: got ${effort} for the model "${this.#model.name}", which has no hyper-latent; leave the effort out, or take another model`,
    );
  }

  /**
   * Moves the latents of an image.
   * @param y of the whole padded image; changed in place
   * @returns how to code it
   * @throws the reason of the signal if it is aborted; what the source throws
   */
  async refine(y: FeatureMap, { effort, lambda, ...options }: LatentSearchOptions): Promise<SoughtLatents> {
    if (this.#coding === null || this.#network.coding !== "hyperprior") {
      throw new Error("internal: latents without a hyper-latent are not refined");
    }
    const [{ refineLatents }, { DESCENT, LAMBDA_FACTOR, stagesOf }, { ObjectiveSessions }] = await Promise.all([
      import("./refine-latents.ts"),
      import("./effort-levels.ts"),
      import("./objective-sessions.ts"),
    ]);
    this.#sessions ??= new ObjectiveSessions(this.#model, this.#network, this.#runner);
    const parts = { network: this.#network, coding: this.#coding, runner: this.#runner, sessions: this.#sessions };
    return refineLatents(parts, y, {
      ...options,
      distortion: modelDistortion(this.#model),
      lambda: LAMBDA_FACTOR * lambda,
      stages: stagesOf(effort),
      settings: DESCENT,
    });
  }

  /** Closes what was opened. */
  async close(): Promise<void> {
    await this.#sessions?.close();
  }
}
