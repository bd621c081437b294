/**
 * The temperature of a surrogate as a function of the step. A pure function, like the learning rate: resuming needs no state, and
 * changing the number of steps of a run changes the schedules that are relative to it from there on.
 */

/** A schedule. Fractions are of the number of steps; the temperature is dimensionless. */
export type TemperatureSchedule =
  | { readonly type: "constant"; readonly value: number }
  /** `from` for `holdFraction` of the run, then a straight line to `to`, which the last step reaches. */
  | { readonly type: "linear"; readonly from: number; readonly to: number; readonly holdFraction: number }
  /** `from` for `holdFraction` of the run, then by equal factors to `to`, which the last step reaches. */
  | { readonly type: "exponential"; readonly from: number; readonly to: number; readonly holdFraction: number }
  /** `from` for `holdFraction` of the run, then half a cosine wave to `to`, which the last step reaches. */
  | { readonly type: "cosine"; readonly from: number; readonly to: number; readonly holdFraction: number }
  /**
   * ceiling exp(-rate (t - start)) at step t, cut at `ceiling` above and `floor` below: the published schedule of stochastic Gumbel
   * annealing (Yang, Bamler, Mandt, NeurIPS 2020, in their code 0.5, 1e-3, 700 and 1e-8). It counts steps, not fractions.
   */
  | {
      readonly type: "sga";
      readonly ceiling: number;
      readonly rate: number;
      readonly start: number;
      readonly floor: number;
    };

/** The temperature at a step. @param step counts from 0. @param steps of the whole run. */
export function temperatureAt(step: number, steps: number, schedule: TemperatureSchedule): number {
  switch (schedule.type) {
    case "constant":
      return schedule.value;
    case "linear":
      return schedule.from + (schedule.to - schedule.from) * progressAt(step, steps, schedule.holdFraction);
    case "exponential": {
      const progress = progressAt(step, steps, schedule.holdFraction);
      return schedule.from ** (1 - progress) * schedule.to ** progress;
    }
    case "cosine": {
      const left = (1 + Math.cos(Math.PI * progressAt(step, steps, schedule.holdFraction))) / 2;
      return schedule.to + (schedule.from - schedule.to) * left;
    }
    case "sga": {
      const falling = schedule.ceiling * Math.exp(-schedule.rate * (step - schedule.start));
      return Math.min(schedule.ceiling, Math.max(schedule.floor, falling));
    }
  }
}

/** The lowest and the highest temperature that a schedule can reach. */
export function temperatureBounds(schedule: TemperatureSchedule): {
  readonly lowest: number;
  readonly highest: number;
} {
  switch (schedule.type) {
    case "constant":
      return { lowest: schedule.value, highest: schedule.value };
    case "linear":
    case "exponential":
    case "cosine":
      return { lowest: Math.min(schedule.from, schedule.to), highest: Math.max(schedule.from, schedule.to) };
    case "sga":
      return { lowest: Math.min(schedule.floor, schedule.ceiling), highest: schedule.ceiling };
  }
}

/** From 0 to 1 over the part of the run after the hold; the last step is at 1. */
export function progressAt(step: number, steps: number, holdFraction: number): number {
  const hold = Math.floor(holdFraction * steps);
  if (step < hold) return 0;
  return Math.min(1, (step - hold) / Math.max(1, steps - 1 - hold));
}
