/** The plan of the pilot: which runs there are, and the configuration of each. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { parseConfig, type TrainConfig } from "../../src/train/index.ts";

const planSchema = z.strictObject({
  name: z.string(),
  question: z.string(),
  /** Fields of every run's configuration. */
  config: z.record(z.string(), z.unknown()),
  lambdas: z.array(z.number().positive()).min(1),
  pairs: z.array(z.strictObject({ name: z.string().regex(/^[a-z-]+$/), surrogate: z.unknown() })).min(1),
});

/** One run. */
export interface PlannedRun {
  /** Name of its folder. */
  readonly name: string;
  readonly pair: string;
  readonly config: TrainConfig;
}

/** All runs: one lambda after the other, within it one pair after the other. @throws {UsageError} for a bad configuration. */
export function plannedRuns(data: string): readonly PlannedRun[] {
  const plan = planSchema.parse(JSON.parse(readFileSync(new URL("plan.json", import.meta.url), "utf8")));
  return plan.lambdas.flatMap((lambda) =>
    plan.pairs.map(({ name, surrogate }) => ({
      name: `${plan.name}-${name}-${lambda}`,
      pair: name,
      config: parseConfig(
        JSON.stringify({ ...plan.config, surrogate, lambda, data }),
        [],
        "experiments/pilot/plan.json",
      ),
    })),
  );
}
