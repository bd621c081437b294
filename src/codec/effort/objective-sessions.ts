/** The open graphs of an effort. One of each kind is kept open for the next tile at the same kind of place. */
import { type FloatArray, type Graph, type Session, scalarOf } from "../../engine/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { Model } from "../model/model.ts";
import { type LatentObjective, type LatentSurrogates, latentObjective, type TilePlace } from "./latent-objective.ts";
import { unlikenessGraph, unlikenessNames } from "./tile-distortion.ts";

/** A graph that is open, and what it was made of. */
interface OpenGraph<Made> {
  readonly key: string;
  readonly made: Made;
  readonly session: Session;
}

/** Opens graphs of a kind. A graph holds the memory of its last run, so only one is kept. */
class KeptGraph<Made extends { readonly graph: Graph }> {
  readonly #runner: NetworkRunner;
  #kept: OpenGraph<Made> | null = null;

  constructor(runner: NetworkRunner) {
    this.#runner = runner;
  }

  /** Does something with the graph of a key, which nobody else uses meanwhile. */
  async use<Result>(
    key: string,
    make: () => Made,
    action: (made: Made, session: Session) => Promise<Result>,
  ): Promise<Result> {
    const kept = this.#kept;
    this.#kept = null;
    let open = kept;
    if (kept?.key !== key) {
      await kept?.session.close();
      const made = make();
      open = { key, made, session: await this.#runner.open(made.graph) };
    }
    const { made, session } = open as OpenGraph<Made>;
    try {
      return await action(made, session);
    } finally {
      const others = this.#kept as OpenGraph<Made> | null;
      this.#kept = open;
      await others?.session.close();
    }
  }

  /** Closes what is kept. */
  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    await kept?.session.close();
  }
}

/** A loss of latents that is open. */
export interface OpenObjective {
  readonly objective: LatentObjective;
  readonly session: Session;
}

/** The graphs of one model. */
export class ObjectiveSessions {
  readonly #model: Model;
  readonly #network: HyperpriorNetwork;
  readonly #objectives: KeptGraph<LatentObjective>;
  readonly #similarities: KeptGraph<{ readonly graph: Graph }>;

  constructor(model: Model, network: HyperpriorNetwork, runner: NetworkRunner) {
    this.#model = model;
    this.#network = network;
    this.#objectives = new KeptGraph(runner);
    this.#similarities = new KeptGraph(runner);
  }

  /** Does something with the loss of a place, which nobody else uses meanwhile. */
  use<Result>(
    place: TilePlace,
    surrogates: LatentSurrogates,
    action: (open: OpenObjective) => Promise<Result>,
  ): Promise<Result> {
    return this.#objectives.use(
      JSON.stringify([place, surrogates]),
      () => latentObjective(this.#model, this.#network, place, surrogates),
      (objective, session) => action({ objective, session }),
    );
  }

  /** 1 - MS-SSIM of two images `[1, 3, h, w]`, 0..1. */
  unlikeness(shown: FloatArray, image: FloatArray): Promise<number> {
    const [, , height, width] = shown.shape as readonly [number, number, number, number];
    return this.#similarities.use(
      `${height} x ${width}`,
      () => ({ graph: unlikenessGraph({ height, width }) }),
      async (_, session) => {
        const feeds = new Map([
          [unlikenessNames.shown, shown],
          [unlikenessNames.image, image],
        ]);
        return scalarOf(await session.run(feeds), unlikenessNames.unlikeness);
      },
    );
  }

  /** Closes what is kept. */
  async close(): Promise<void> {
    try {
      await this.#objectives.close();
    } finally {
      await this.#similarities.close();
    }
  }
}
