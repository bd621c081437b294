/** Finds the lowest quality at which a picture comes back with the PSNR that the user wants. */
import { HalfstepError } from "../../errors.ts";
import type { ImageSource } from "../../image/image-rows.ts";
import { BEST_QUALITY, type Codec, DEFAULT_QUALITY, type EncodeOptions, type EncodeResult } from "../../node.ts";
import { measureWritten, withoutEffort } from "./measure-written.ts";

/** A stream and how its picture comes back, in dB. */
export interface MeasuredStream {
  readonly encoded: EncodeResult;
  readonly psnrDb: number;
}

/** What {@link encodeAtLeast} is asked for. */
interface Request {
  readonly minPsnrDb: number;
  readonly settings: EncodeOptions;
  /** What messages call the picture. */
  readonly name: string;
}

/** The search goes no finer than this, because each quality has to be coded and decoded. */
const QUALITY_STEP = 1;

/**
 * Codes at the quality of the settings, and then at higher ones, until the PSNR is met. The search for the quality uses no effort. A stream
 * that is then made with an effort may have a lower PSNR, because an effort may trade PSNR for bytes. If it misses, higher qualities follow.
 * @throws {HalfstepError} `min-psnr-not-met` if the best quality does not meet it, or the model has only one
 */
export async function encodeAtLeast(codec: Codec, source: ImageSource, request: Request): Promise<MeasuredStream> {
  const { minPsnrDb, settings } = request;
  const found = await seekQuality(codec, source, { ...request, settings: withoutEffort(settings) });
  if ((settings.effort ?? 0) === 0) return found;
  for (let step = 0; ; step = step === 0 ? QUALITY_STEP : 2 * step) {
    const quality = found.encoded.quality === null ? null : Math.min(BEST_QUALITY, found.encoded.quality + step);
    const encoded = await codec.encodeFrom(source, quality === null ? settings : { ...settings, quality });
    const psnrDb = await measureWritten(codec, source, encoded.bytes);
    if (psnrDb >= minPsnrDb) return { encoded, psnrDb };
    if (quality === null || quality === BEST_QUALITY) return found;
  }
}

async function seekQuality(
  codec: Codec,
  source: ImageSource,
  { minPsnrDb, settings, name }: Request,
): Promise<MeasuredStream> {
  const attempt = async (choice: EncodeOptions): Promise<MeasuredStream> => {
    const encoded = await codec.encodeFrom(source, choice);
    return { encoded, psnrDb: await measureWritten(codec, source, encoded.bytes) };
  };
  const meets = ({ psnrDb }: MeasuredStream): boolean => psnrDb >= minPsnrDb;
  const first = await attempt(settings);
  if (meets(first)) return first;
  if (codec.model.lambdaRange === null) throw notMet(name, first, minPsnrDb);
  let low = settings.quality ?? DEFAULT_QUALITY;
  let best = low === BEST_QUALITY ? first : await attempt({ ...settings, quality: BEST_QUALITY });
  if (!meets(best)) throw notMet(name, best, minPsnrDb);
  for (let high = BEST_QUALITY; high - low > QUALITY_STEP; ) {
    const quality = Math.round(10 * ((low + high) / 2)) / 10;
    const tried = await attempt({ ...settings, quality });
    if (meets(tried)) [high, best] = [quality, tried];
    else low = quality;
  }
  return best;
}

function notMet(name: string, { encoded, psnrDb }: MeasuredStream, minPsnrDb: number): HalfstepError {
  const at = encoded.quality === null ? "with this model, which has one rate only" : `at quality ${encoded.quality}`;
  return new HalfstepError(
    "min-psnr-not-met",
    `${name}: got ${psnrDb.toFixed(2)} dB ${at}, expected at least ${minPsnrDb}; no file was written; ask for a lower PSNR, or take a lossless format`,
  );
}
