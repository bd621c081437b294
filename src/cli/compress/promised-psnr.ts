/**
 * What PSNR a quality promises, and whether a picture came back far below it. Models are trained on photographs; pictures that are none
 * (dithering, text, single pixels) may come back much worse, and that is to be said.
 */
import type { ModelInfo } from "../../node.ts";

/**
 * What the hardest of the six photographs of samples/ (stream.png) came back with from halfstep-1 at the qualities 0, 50 and 100, by the weight of the
 * distortion: `halfstep evaluate samples --models halfstep-1 --qualities 0,50,100`.
 */
const HARDEST_PHOTOGRAPH = [
  { lambda: 0.0016, psnrDb: 23.3 },
  { lambda: 0.01431, psnrDb: 29.2 },
  { lambda: 0.128, psnrDb: 33.6 },
] as const;

/** How far below that a picture is called far worse, in dB. */
const FAR_DB = 3;

/**
 * About what PSNR in dB a hard photograph has where a model was trained with this weight of the mean squared error: between what was measured, by the
 * logarithm, and beyond, the nearest that was.
 */
function promisedPsnrDb(lambda: number): number {
  const [low, middle, high] = HARDEST_PHOTOGRAPH;
  const [from, to] = lambda < middle.lambda ? [low, middle] : [middle, high];
  const part = Math.log(lambda / from.lambda) / Math.log(to.lambda / from.lambda);
  return from.psnrDb + Math.min(1, Math.max(0, part)) * (to.psnrDb - from.psnrDb);
}

/** The weight of the distortion that a codec used; null for a model that promises no PSNR: it was trained for MS-SSIM, or not at all. */
export function promisingLambda(model: ModelInfo, quality: number | null): number | null {
  if (model.distortion !== "mse" || !model.isTrained) return null;
  if (model.lambdaRange === null || quality === null) return model.lambda;
  const [low, high] = model.lambdaRange;
  return low * (high / low) ** (quality / 100);
}

/** A warning in a sentence for a picture that came back far worse; null if it did not. */
export function warningFor(psnrDb: number, model: ModelInfo, quality: number | null): string | null {
  const lambda = promisingLambda(model, quality);
  if (lambda === null || psnrDb >= promisedPsnrDb(lambda) - FAR_DB) return null;
  const at = quality === null ? "this model" : `quality ${quality}`;
  return (
    `comes back at about ${psnrDb.toFixed(1)} dB, where halfstep-1 brings even a hard photograph back at about ${promisedPsnrDb(lambda).toFixed(1)} dB (at ${at}): it is not a ` +
    "picture of the kind that the model was trained for, or the model is weak; look at what decompress gives, or take a lossless format"
  );
}
