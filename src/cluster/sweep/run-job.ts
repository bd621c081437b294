/**
 * A run of a plan as it stands in the queue. Whoever can write to Redis can write such a job, so it is trusted as little as a file from a
 * stranger. Configuration and keys are checked by their own rules, the identity is computed again, and no file of a machine may be named.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { HalfstepError } from "../../errors.ts";
import { parseWith } from "../../parse-with.ts";
import { validateConfig } from "../../train/parse-config.ts";
import { NO_DATA } from "../../train/sweep/expand-plan.ts";
import { type PlannedRun, type RunStart, runId } from "../../train/sweep/planned-run.ts";
import { checkKey } from "../store/store.ts";

const SHA256 = /^[0-9a-f]{64}$/;
const ID = /^[0-9a-f]{16}$/;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._+/-]*$/;

/** A run in the queue. */
export interface RunJob {
  readonly version: 1;
  /** Identity of the store that its place is in. */
  readonly store: string;
  /** Folder of its sweep in the store. */
  readonly place: string;
  /** Identity of the images. */
  readonly dataHash: string;
  readonly run: PlannedRun;
}

const name = z.string().max(300).regex(NAME);
const schema = z.strictObject({
  version: z.literal(1),
  store: z.uuid(),
  place: z.string().min(1),
  dataHash: z.string().regex(SHA256),
  run: z.strictObject({
    id: z.string().regex(ID),
    name,
    stage: name,
    values: z.record(name, name),
    seed: z.int().nonnegative(),
    start: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("scratch") }),
      z.strictObject({ type: z.literal("run"), id: z.string().regex(ID) }),
      z.strictObject({ type: z.literal("weights"), sha256: z.string().regex(SHA256) }),
    ]),
    config: z.record(z.string(), z.unknown()),
  }),
});

/** The name of a run's job: one for each run of a sweep. */
export function runJobId(store: string, place: string, id: string): string {
  const where = createHash("sha256")
    .update(JSON.stringify([store, place]))
    .digest("hex")
    .slice(0, 8);
  return `${id}-${where}`;
}

/** What goes into the queue. */
export function runJobData(job: RunJob): unknown {
  const { start } = job.run;
  const kept = start.type === "weights" ? { type: start.type, sha256: start.sha256 } : start;
  return { ...job, run: { ...job.run, start: kept } };
}

/** Reads what was in the queue. @throws {HalfstepError} `bad-job` saying what is wrong */
export function parseRunJob(data: unknown): RunJob {
  const bad = (problem: string, cause?: unknown): HalfstepError =>
    new HalfstepError("bad-job", `job: ${problem}; expected a job of halfstep sweep --queue`, { cause });
  const { run, ...job } = parseWith(schema, data, bad);
  checkKey(job.place);
  const config = validateConfig(run.config, `job ${run.name}`);
  const start: RunStart = run.start.type === "weights" ? { ...run.start, file: "" } : run.start;
  if (config.data !== NO_DATA || config.initialWeights !== undefined || config.growInitialWeights !== undefined) {
    throw bad(`${run.name}: got places on a machine, expected none`);
  }
  if (config.validateEvery === 0) throw bad(`${run.name}: got a run that is never validated`);
  if (runId(config, start) !== run.id) throw bad(`${run.name}: got an identity that is not that of its configuration`);
  return { ...job, run: { ...run, start, config } };
}
