/**
 * Checkpoints of a run: everything that the next step depends on. `checkpoint-<step>.safetensors` has weights, the optimizer's moments
 * and averaged weights, and a JSON file of the same name has step, seed, full configuration, size and hash. `latest.json` names the
 * checkpoints that count, newest first.
 *
 * `latest.json` is replaced last and older checkpoints are deleted after that, so a process that is killed at any moment
 * leaves the old checkpoint or the new one in force. The last two are kept: when the newest turns out to be damaged, the one
 * before it is used, and the caller gets a warning. It refuses a checkpoint of another configuration.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { FloatArray } from "../engine/index.ts";
import { HalfstepError, UsageError } from "../errors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../safetensors.ts";
import { configDifferences, type TrainConfig, trainConfigSchema } from "./config.ts";
import { readBytes, readText } from "./reading.ts";
import { replaceFile, TEMPORARY_ENDING } from "./replace-file.ts";
import type { TrainState } from "./train-step.ts";

/** Name of the file that says which checkpoints count. */
const LATEST_FILE = "latest.json";
/** Fields of the configuration that may change when a run is resumed. A changed `data` must hold the same images. */
const CHANGEABLE_FIELDS: readonly string[] = ["steps", "threads", "checkpointEvery", "validateEvery"];
const KEPT_CHECKPOINTS = 2;

/** A run after a number of completed steps. */
export interface Checkpoint {
  /** Completed steps; the next step to take has this number, because steps count from 0. */
  readonly step: number;
  readonly config: TrainConfig;
  /** Identity of the training images (`PackedDataset.contentHash`), if the run has one. */
  readonly dataHash?: string | undefined;
  readonly state: TrainState;
}

/** What {@link loadCheckpoint} found. */
export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Newer checkpoints that are damaged, one sentence each; empty when the newest was intact. */
  readonly warnings: readonly string[];
}

const latestSchema = z.strictObject({ version: z.literal(1), steps: z.array(z.int().nonnegative()).min(1) });
const sidecarSchema = z.strictObject({
  format: z.literal("halfstep-checkpoint"),
  version: z.literal(1),
  step: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  dataHash: z.string().optional(),
  bytes: z.int().positive(),
  sha256: z.string(),
  config: trainConfigSchema,
});

/** Prefixes of tensor names in a checkpoint file, by part of the state. */
const PREFIXES: Readonly<Record<keyof TrainState, string>> = {
  weights: "weights/",
  firstMoments: "adam-first/",
  secondMoments: "adam-second/",
  ema: "ema/",
};

const baseName = (step: number): string => `checkpoint-${String(step).padStart(8, "0")}`;

/** A checkpoint's tensors as the bytes of its safetensors file. */
export function serializeState(state: TrainState): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, SafeTensor>();
  for (const [part, prefix] of Object.entries(PREFIXES)) {
    for (const [name, { shape, data }] of state[part as keyof TrainState]) {
      tensors.set(prefix + name, { dtype: "F32", shape, data });
    }
  }
  return writeSafetensors(tensors, { format: "halfstep-checkpoint" });
}

/** The inverse of {@link serializeState}. @throws HalfstepError "bad-safetensors" or "bad-checkpoint". */
export function deserializeState(bytes: Uint8Array): TrainState {
  const state = { weights: new Map(), firstMoments: new Map(), secondMoments: new Map(), ema: new Map() } as {
    [Part in keyof TrainState]: Map<string, FloatArray>;
  };
  for (const [name, tensor] of readSafetensors(bytes).tensors) {
    const part = Object.entries(PREFIXES).find(([, prefix]) => name.startsWith(prefix));
    if (part === undefined || tensor.dtype !== "F32") {
      throw new HalfstepError(
        "bad-checkpoint",
        `checkpoint tensor "${name}": got type ${tensor.dtype}, expected F32 under one of ${Object.values(PREFIXES).join(", ")}; use a file that a training run wrote`,
      );
    }
    state[part[0] as keyof TrainState].set(name.slice(part[1].length), { shape: tensor.shape, data: tensor.data });
  }
  return state;
}

/** Writes a checkpoint into a run's folder, puts it in force, and deletes all but the last two. */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint): void {
  const { step, config, dataHash, state } = checkpoint;
  const bytes = serializeState(state);
  const sidecar: z.input<typeof sidecarSchema> = {
    format: "halfstep-checkpoint",
    version: 1,
    step,
    seed: config.seed,
    ...(dataHash === undefined ? {} : { dataHash }),
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    config,
  };
  const file = path.join(folder, baseName(step));
  replaceFile(`${file}.safetensors`, bytes);
  replaceFile(`${file}.json`, `${JSON.stringify(sidecar, null, 2)}\n`);
  // A step above this one belongs to a future that was abandoned when an older checkpoint was resumed.
  const older = readLatest(folder).filter((other) => other < step);
  const steps = [step, ...older].slice(0, KEPT_CHECKPOINTS);
  replaceFile(path.join(folder, LATEST_FILE), `${JSON.stringify({ version: 1, steps })}\n`);
  removeOthers(folder, steps);
}

/**
 * Makes the checkpoint of a step the newest of a run, and deletes those after it. Call it when an older one is resumed because the newer
 * ones are damaged: a damaged one must not count as the spare.
 */
export function discardCheckpointsAfter(folder: string, step: number): void {
  const steps = readLatest(folder).filter((other) => other <= step);
  replaceFile(path.join(folder, LATEST_FILE), `${JSON.stringify({ version: 1, steps })}\n`);
  removeOthers(folder, steps);
}

/** Deletes all checkpoints of a run but the one of a step, which must be the newest: for a run that is over. */
export function keepOnlyCheckpoint(folder: string, step: number): void {
  replaceFile(path.join(folder, LATEST_FILE), `${JSON.stringify({ version: 1, steps: [step] })}\n`);
  removeOthers(folder, [step]);
}

/** Steps of the newest checkpoints in force, newest first; empty when there is none. */
export function checkpointSteps(folder: string): readonly number[] {
  return readLatest(folder);
}

/**
 * Loads the newest intact checkpoint of a run.
 * @param expected the configuration to go on with, and the identity of its images; leave out to take any.
 * @throws UsageError "missing-checkpoint" when there is none; "config-mismatch" naming the fields that differ.
 * @throws HalfstepError "bad-checkpoint" when all are damaged; "cannot-read" when the file system does not give one that is there.
 */
export function loadCheckpoint(
  folder: string,
  expected?: { readonly config: TrainConfig; readonly dataHash?: string | undefined },
): LoadedCheckpoint {
  const steps = readLatest(folder);
  if (steps.length === 0) {
    throw new UsageError(
      "missing-checkpoint",
      `run "${folder}": got no checkpoint, expected ${LATEST_FILE}; check the path, or start the run again`,
    );
  }
  const warnings: string[] = [];
  for (const step of steps) {
    const result = readOne(folder, step);
    if (typeof result === "string") {
      warnings.push(`checkpoint of step ${step} in "${folder}": ${result}`);
    } else {
      if (expected !== undefined) checkSameRun(folder, result, expected.config, expected.dataHash);
      return { checkpoint: result, warnings };
    }
  }
  throw new HalfstepError(
    "bad-checkpoint",
    `run "${folder}": got only damaged checkpoints, expected one that is intact; start the run again\n  ${warnings.join("\n  ")}`,
  );
}

/**
 * Refuses to go on with a run under another configuration than {@link CHANGEABLE_FIELDS} permit.
 * @throws UsageError "config-mismatch" naming every field with both values.
 */
export function checkSameRun(
  folder: string,
  before: Pick<Checkpoint, "config" | "dataHash">,
  config: TrainConfig,
  dataHash: string | undefined,
): void {
  const sameImages = before.dataHash !== undefined && before.dataHash === dataHash;
  const differences = configDifferences(before.config, config)
    .filter(({ field }) => !CHANGEABLE_FIELDS.includes(field) && !(field === "data" && sameImages))
    .map(({ field, before: old, after }) => `${field}: got ${after}, expected ${old}`);
  if (before.dataHash !== undefined && dataHash !== undefined && !sameImages) {
    differences.push(`contents of data: got ${dataHash.slice(0, 12)}, expected ${before.dataHash.slice(0, 12)}`);
  }
  if (differences.length === 0) return;
  throw new UsageError(
    "config-mismatch",
    `run "${folder}": got another configuration than it began with, expected the same except for ${CHANGEABLE_FIELDS.join(", ")}; restore these or start a new run\n  ${differences.join("\n  ")}`,
  );
}

function readLatest(folder: string): number[] {
  const file = path.join(folder, LATEST_FILE);
  if (!existsSync(file)) return [];
  const parsed = latestSchema.safeParse(parseJson(readText(file)));
  if (parsed.success) return parsed.data.steps;
  // Never left behind by a killed process, but disks and people damage files: every checkpoint vouches for itself by hash.
  return readdirSync(folder)
    .map((name) => /^checkpoint-(\d+)\.json$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => b - a);
}

/** The value of a JSON text; undefined if it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No schema accepts it, so the caller reports the file as damaged.
  }
}

/** A checkpoint, or what is wrong with it. */
function readOne(folder: string, step: number): Checkpoint | string {
  const file = path.join(folder, baseName(step));
  if (!existsSync(`${file}.json`) || !existsSync(`${file}.safetensors`)) return "files are missing";
  const parsed = sidecarSchema.safeParse(parseJson(readText(`${file}.json`)));
  if (!parsed.success) return `the JSON file is damaged (${parsed.error.issues[0]?.message})`;
  const sidecar = parsed.data;
  if (sidecar.step !== step) return `the JSON file is of step ${sidecar.step}`;
  const bytes = readBytes(`${file}.safetensors`);
  if (bytes.length !== sidecar.bytes) return `got ${bytes.length} bytes, expected ${sidecar.bytes}`;
  if (createHash("sha256").update(bytes).digest("hex") !== sidecar.sha256) return "its hash does not fit";
  return { step, config: sidecar.config, dataHash: sidecar.dataHash, state: deserializeState(bytes) };
}

function removeOthers(folder: string, steps: readonly number[]): void {
  const kept = new Set(steps.flatMap((step) => [`${baseName(step)}.json`, `${baseName(step)}.safetensors`]));
  for (const name of readdirSync(folder)) {
    if (name.startsWith("checkpoint-") && !kept.has(name) && isOurs(name)) rmSync(path.join(folder, name));
  }
}

function isOurs(name: string): boolean {
  const complete = name.endsWith(TEMPORARY_ENDING) ? name.slice(0, -TEMPORARY_ENDING.length) : name;
  return /^checkpoint-\d+\.(json|safetensors)$/.test(complete);
}
