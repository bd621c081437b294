/** The open graphs of `latent-objective.ts`. One is kept open for the next tile at the same kind of place. */
import type { Session } from "../../engine/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { Model } from "../model/model.ts";
import { type LatentObjective, type LatentSurrogates, latentObjective, type TilePlace } from "./latent-objective.ts";

/** A graph that is open. */
export interface OpenObjective {
  readonly objective: LatentObjective;
  readonly session: Session;
}

interface KeptObjective extends OpenObjective {
  readonly key: string;
}

/** Opens graphs. A graph holds the memory of its last run, so only one is kept. */
export class ObjectiveSessions {
  readonly #model: Model;
  readonly #network: HyperpriorNetwork;
  readonly #runner: NetworkRunner;
  #kept: KeptObjective | null = null;

  constructor(model: Model, network: HyperpriorNetwork, runner: NetworkRunner) {
    this.#model = model;
    this.#network = network;
    this.#runner = runner;
  }

  /** Does something with the graph of a place, which nobody else uses meanwhile. */
  async use<Result>(
    place: TilePlace,
    surrogates: LatentSurrogates,
    action: (open: OpenObjective) => Promise<Result>,
  ): Promise<Result> {
    const key = JSON.stringify([place, surrogates]);
    const kept = this.#kept;
    this.#kept = null;
    let open = kept;
    if (kept?.key !== key) {
      await kept?.session.close();
      const objective = latentObjective(this.#model, this.#network, place, surrogates);
      open = { key, objective, session: await this.#runner.open(objective.graph) };
    }
    try {
      return await action(open as KeptObjective);
    } finally {
      const others = this.#kept as KeptObjective | null;
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
