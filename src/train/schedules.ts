/**
 * Learning rate as a function of the step: linear warm-up times a schedule. A pure function, so that resuming needs no
 * state. Changing the number of steps of a run changes its schedule from there on.
 */
import type { ScheduleConfig, TrainConfig } from "./config.ts";
import { progressAt } from "./temperature.ts";

/** What {@link learningRateAt} needs of a configuration. */
export interface LearningRateConfig {
  readonly steps: number;
  readonly optimizer: Pick<TrainConfig["optimizer"], "learningRate" | "warmupSteps" | "schedule">;
}

/**
 * Learning rate of one step. Warm-up multiplies step i of the first w by (i + 1) / w. The cosine schedule is that of
 * Loshchilov and Hutter, "SGDR" (2017), without restarts: it reaches `final` at the last step exactly.
 * @param step counts from 0.
 */
export function learningRateAt(step: number, config: LearningRateConfig): number {
  const { learningRate, warmupSteps, schedule } = config.optimizer;
  const warmup = step < warmupSteps ? (step + 1) / warmupSteps : 1;
  return learningRate * warmup * scheduleFactor(step, config.steps, schedule);
}

function scheduleFactor(step: number, steps: number, schedule: ScheduleConfig): number {
  switch (schedule.type) {
    case "constant":
      return 1;
    case "cosine": {
      const progress = progressAt(step, steps, schedule.holdFraction);
      return schedule.final + ((1 - schedule.final) * (1 + Math.cos(Math.PI * progress))) / 2;
    }
    case "step":
      return schedule.factor ** schedule.at.filter((at) => step >= at * steps).length;
  }
}
