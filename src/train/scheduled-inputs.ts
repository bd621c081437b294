/** The surrogates of a configuration as a graph takes them, and the inputs of a training graph whose values follow from the step. */
import { inputNames } from "../objective/input-names.ts";
import type { SurrogateChoices, SurrogateInputs } from "../objective/surrogate-inputs.ts";
import type { QuantizePath } from "../quantize/index.ts";
import type { TrainConfig } from "./config.ts";
import { readSurrogate, type SurrogatePairConfig } from "./surrogate-config.ts";
import { temperatureAt } from "./temperature.ts";

/** A scalar input of the graph whose value follows from the step alone. */
export interface ScheduledInput {
  /** Name of the graph input. */
  readonly input: string;
  /** Its value at a step, which counts from 0. */
  valueAt(step: number): number;
}

/** The surrogates of a configuration. */
export function surrogateChoices({ rate, distortion, hardFrom }: SurrogatePairConfig): SurrogateChoices {
  const read = { rate: readSurrogate(rate), distortion: readSurrogate(distortion) };
  return {
    rate: read.rate.choice,
    distortion: read.distortion.choice,
    concentrated: (["rate", "distortion"] as const).filter((path) => read[path].concentration !== null),
    hasSecondStage: hardFrom !== undefined,
  };
}

/** The switch to the second stage, if there is one, and the temperatures and concentrations of the surrogates that have one. */
export function scheduledInputs(
  { surrogate, steps }: Pick<TrainConfig, "surrogate" | "steps">,
  { hard, temperatures, concentrations }: SurrogateInputs,
): readonly ScheduledInput[] {
  const { hardFrom = 1 } = surrogate;
  const isHard = { input: inputNames.hard, valueAt: (step: number) => Number(step >= hardFrom * steps) };
  const following = (name: "temperature" | "concentration", path: QuantizePath): ScheduledInput => {
    const schedule = readSurrogate(surrogate[path])[name];
    if (schedule === null) throw new Error(`internal: the surrogate of the ${path} path has no ${name}`);
    return { input: inputNames[name](path), valueAt: (step) => temperatureAt(step, steps, schedule) };
  };
  const scheduled = [
    ...temperatures.map((path) => following("temperature", path)),
    ...concentrations.map((path) => following("concentration", path)),
  ];
  return hard === null ? scheduled : [isHard, ...scheduled];
}
