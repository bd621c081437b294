/** The result of many images from the results of parts of them. */
import type { TrainStepResult } from "./train-step.ts";

/** The result of one evaluation, and of how many images it is. */
export interface PartialResult {
  readonly images: number;
  readonly result: Omit<TrainStepResult, "gradientNorm">;
}

/** Means over all images, as an evaluation reports them. @throws {RangeError} without any part. */
export function meanResult(parts: readonly PartialResult[]): TrainStepResult {
  const total = parts.reduce((sum, { images }) => sum + images, 0);
  if (total === 0) throw new RangeError("meanResult: got no images, expected at least one");
  const mean = (of: (result: PartialResult["result"]) => number): number =>
    parts.reduce((sum, { images, result }) => sum + (of(result) * images) / total, 0);
  const hasMsSsim = parts.every(({ result }) => result.msSsim !== undefined);
  return {
    loss: mean(({ loss }) => loss),
    bitsPerPixel: mean(({ bitsPerPixel }) => bitsPerPixel),
    meanSquaredError: mean(({ meanSquaredError }) => meanSquaredError),
    ...(hasMsSsim ? { msSsim: mean(({ msSsim }) => msSsim as number) } : {}),
    gradientNorm: 0,
  };
}
