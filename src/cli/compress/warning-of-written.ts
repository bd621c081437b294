/** The warning of a picture that comes back far worse than its quality promises. What measures is loaded when a model promises something. */
import type { ImageSource } from "../../image/image-rows.ts";
import type { Codec, EncodeOptions, EncodeResult } from "../../node.ts";

/** A picture and what it became. */
export interface WrittenPicture {
  readonly codec: Codec;
  readonly source: ImageSource;
  readonly encoded: EncodeResult;
  /** Null where it was not measured yet. */
  readonly psnrDb: number | null;
  readonly settings: EncodeOptions;
}

/** The warning in a sentence; null where there is nothing to warn of. */
export async function warningOfWritten(picture: WrittenPicture): Promise<string | null> {
  const { codec, source, encoded, psnrDb, settings } = picture;
  const { promisingLambda, warningFor } = await import("./promised-psnr.ts");
  if (promisingLambda(codec.model, encoded.quality) === null) return null;
  const { estimateWritten } = await import("./measure-written.ts");
  const measured = psnrDb ?? (await estimateWritten(codec, source, encoded.bytes, settings));
  return warningFor(measured, codec.model, encoded.quality);
}
