/**
 * What PSNR a quality promises, and whether a picture came back far below it. Models are trained on photographs. Other pictures (dithering,
 * text, single pixels) may come back much worse, and then a warning says so.
 */
import type { ModelInfo } from "../../node.ts";

/**
 * The PSNR of the hardest of the six photographs of samples/ (stream.png) with halfstep-1 at the qualities 0, 50 and 100, by the weight of the
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
 * Roughly the PSNR, in dB, of a hard photograph with a model that was trained with this weight of the mean squared error. It is interpolated over
 * the logarithm of the weight; outside of what was measured, it is the nearest measured value.
 */
function promisedPsnrDb(lambda: number): number {
  const [low, middle, high] = HARDEST_PHOTOGRAPH;
  const [from, to] = lambda < middle.lambda ? [low, middle] : [middle, high];
  const part = Math.log(lambda / from.lambda) / Math.log(to.lambda / from.lambda);
  return from.psnrDb + Math.min(1, Math.max(0, part)) * (to.psnrDb - from.psnrDb);
}

/** The weight of the distortion that a codec used. Null for a model that promises no PSNR: one that was trained for MS-SSIM, or not at all. */
export function promisingLambda(model: ModelInfo, quality: number | null): number | null {
  if (model.distortion !== "mse" || !model.isTrained) return null;
  if (model.lambdaRange === null || quality === null) return model.lambda;
  const [low, high] = model.lambdaRange;
  return low * (high / low) ** (quality / 100);
}

/** The squared error, in squared levels, above which a picture comes back far worse than promised. */
function farError(lambda: number): number {
  return 255 ** 2 / 10 ** ((promisedPsnrDb(lambda) - FAR_DB) / 10);
}

/**
 * How rough a picture must be, as a share of {@link farError}, before one of the shipped models can bring it back far worse than promised. All 24 Kodak
 * photographs, the samples, 15 other small pictures (a dithered one among them) and 47 drawn ones (chessboards, noise, strong colours) were
 * coded at the qualities 0, 50 and 100. The smoothest that came back far worse had 0.87 with halfstep-1 and 2.2 with halfstep-2
 * (docs/log/0026-fast-from-the-first-call.md). By the identity of the model.
 */
const ROUGH_ENOUGH: Readonly<Record<string, number>> = {
  // halfstep-1
  "49ed536df8cf749d": 0.75,
  // halfstep-2
  "4405a6122a5bc41d": 1.5,
};

/** Whether a picture of this {@link roughness} may come back far worse than promised. Of models that are not shipped, nobody knows. */
export function mayComeBackBadly(pictureRoughness: number, lambda: number, { identity }: ModelInfo): boolean {
  const share = ROUGH_ENOUGH[identity.slice(0, 16)];
  return share === undefined || pictureRoughness > share * farError(lambda);
}

/** A warning, in one sentence, if a picture came back far worse than promised; otherwise null. */
export function warningFor(psnrDb: number, model: ModelInfo, quality: number | null): string | null {
  const lambda = promisingLambda(model, quality);
  if (lambda === null || 255 ** 2 / 10 ** (psnrDb / 10) <= farError(lambda)) return null;
  const at = quality === null ? "this model" : `quality ${quality}`;
  return (
    `comes back at about ${psnrDb.toFixed(1)} dB, but with halfstep-1 even a hard photograph comes back at about ${promisedPsnrDb(lambda).toFixed(1)} dB (at ${at}). ` +
    "The model was not trained for such pictures, or it is weak; look at what decompress gives, or take a lossless format"
  );
}
