/**
 * How long runs will take, in hours of one thread. If the folder has finished runs of the same network, batch, crop and device, their
 * steps tell. If it has others only, their steps are scaled by multiply-accumulates. Otherwise a rate that was measured once serves.
 */

import { MS_PER_HOUR } from "../../hours.ts";
import { type NetworkConfig, networkCost } from "../../networks/index.ts";
import type { TrainConfig } from "../config.ts";
import { median, type RunResult } from "./run-result.ts";

/** Forwards, the gradient of inputs and the gradient of weights. */
const PASSES_OF_A_STEP = 3;
/**
 * Multiply-accumulates that one thread did in a millisecond of training, everything beside them included: mean-scale-hyperprior, N = 64, M = 96, 24.0
 * thousand a pixel, 8 crops of 128 x 128 in 140 ms on a server processor with AVX2.
 */
const MACS_PER_MS = (24_000 * PASSES_OF_A_STEP * 8 * 128 ** 2) / 140;

type Priced = Pick<TrainConfig, "network" | "batch" | "crop" | "device">;

/** Estimates from the existing results. */
export class TimeEstimate {
  /** Milliseconds of a step, by kind of step. */
  readonly #measured: ReadonlyMap<string, number>;
  readonly #macsPerMs: number;
  readonly #macs = new Map<string, number>();

  constructor(results: readonly RunResult[]) {
    const times = new Map<string, number[]>();
    const rates: number[] = [];
    for (const { config, time, steps } of results) {
      if (steps === 0) continue;
      const priced = config as unknown as Priced;
      const key = keyOf(priced);
      times.set(key, [...(times.get(key) ?? []), time.threadMsPerStep]);
      rates.push(this.#macsOf(priced) / time.threadMsPerStep);
    }
    this.#measured = new Map([...times].map(([key, found]) => [key, median(found)]));
    this.#macsPerMs = rates.length === 0 ? MACS_PER_MS : median(rates);
  }

  /** Thread-milliseconds of one step, and whether steps of this kind were measured. */
  stepMs(config: Priced): { readonly milliseconds: number; readonly isMeasured: boolean } {
    const measured = this.#measured.get(keyOf(config));
    if (measured !== undefined) return { milliseconds: measured, isMeasured: true };
    return { milliseconds: this.#macsOf(config) / this.#macsPerMs, isMeasured: false };
  }

  /** Thread-hours of a run from a step on, validations included. @param step completed steps. Default 0 */
  hours(config: TrainConfig, step: number = 0): number {
    const { milliseconds } = this.stepMs(config);
    const { validation, validateEvery, steps, batch, crop } = config;
    // A validation goes only forwards.
    const images = (validation.crops * validation.size ** 2) / (batch * crop ** 2) / PASSES_OF_A_STEP;
    const validations = Math.ceil(steps / validateEvery) - Math.floor(step / validateEvery);
    return ((steps - step + Math.max(0, validations) * images) * milliseconds) / MS_PER_HOUR;
  }

  /** Multiply-accumulates of a step. */
  #macsOf({ network, batch, crop }: Priced): number {
    const key = JSON.stringify(network);
    let perPixel = this.#macs.get(key);
    if (perPixel === undefined) {
      const { parts } = networkCost(network as NetworkConfig);
      perPixel = parts.reduce((sum, { kiloMacsPerPixel }) => sum + 1000 * kiloMacsPerPixel, 0);
      this.#macs.set(key, perPixel);
    }
    return perPixel * PASSES_OF_A_STEP * batch * crop ** 2;
  }
}

function keyOf({ network, batch, crop, device = "cpu" }: Priced): string {
  return JSON.stringify([network, batch, crop, device]);
}
