/** How far training is, in one line. */
import type { TrainProgress } from "../../train/index.ts";

/** The figures of a step that a person follows. */
export function trainProgressText(progress: TrainProgress): string {
  const { step, steps, loss, bitsPerPixel, psnrDb, msSsim, millisecondsPerStep, secondsLeft } = progress;
  return (
    `step ${step}/${steps}  loss ${loss.toFixed(4)}  ${bitsPerPixel.toFixed(4)} bpp  ${psnrDb.toFixed(2)} dB${similarityText(msSsim)}  ` +
    `${millisecondsPerStep.toFixed(0)} ms/step  ${durationText(secondsLeft)} left`
  );
}

/** What follows the PSNR if the network is trained for MS-SSIM. */
export function similarityText(msSsim: number | undefined): string {
  return msSsim === undefined ? "" : `, MS-SSIM ${msSsim.toFixed(4)}`;
}

function durationText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
