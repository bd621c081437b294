/** A run of a plan, and its identity. */
import { createHash } from "node:crypto";
import { configHash, type TrainConfig } from "../config.ts";

/** Where a run begins. */
export type RunStart =
  | { readonly type: "scratch" }
  /** At the averaged weights that another run of the plan arrives at, with a fresh optimizer. */
  | { readonly type: "run"; readonly id: string }
  /** At the weights of a file, with a fresh optimizer. `file` is where this machine has it and not part of the identity. */
  | { readonly type: "weights"; readonly sha256: string; readonly file: string };

/** One run. */
export interface PlannedRun {
  /** {@link runId}. */
  readonly id: string;
  /** For people: stage, values of axes, seed, as "fork/0.013/mixed/s1". Renaming changes nothing else. */
  readonly name: string;
  readonly stage: string;
  /** Axis to name of the value, those of the run that it begins from first. */
  readonly values: Readonly<Record<string, string>>;
  /** The seed of the plan: for a run that begins from another, that one's, whatever its own configuration adds. Pairs runs. */
  readonly seed: number;
  readonly start: RunStart;
  /** Without places: `data` is a dash, to be replaced. */
  readonly config: TrainConfig;
}

const ID_LENGTH = 16;

/**
 * Identity of a run, 16 hexadecimal digits: SHA-256 of the hash of its configuration (`configHash`) and of where it begins. How the run is
 * computed does not count: `threads`, where the images lie, how often it is judged and saved.
 */
export function runId(config: TrainConfig, start: RunStart): string {
  const from = start.type === "scratch" ? "scratch" : start.type === "run" ? start.id : start.sha256;
  const text = JSON.stringify(["halfstep-run", 1, configHash({ ...config, threads: 1 }), start.type, from]);
  return createHash("sha256").update(text).digest("hex").slice(0, ID_LENGTH);
}
