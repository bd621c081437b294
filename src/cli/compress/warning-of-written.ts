/**
 * The warning of a picture that comes back far worse than its quality promises. A picture that cannot be one
 * is not decoded: that would double the work. What measures is loaded when it is needed.
 */
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
  const { mayComeBackBadly, promisingLambda, warningFor } = await import("./promised-psnr.ts");
  const lambda = promisingLambda(codec.model, encoded.quality);
  if (lambda === null) return null;
  if (psnrDb === null) {
    const [{ roughness }, { sampleOf }] = await Promise.all([
      import("./roughness.ts"),
      import("./sample-of-picture.ts"),
    ]);
    if (!mayComeBackBadly(roughness(await sampleOf(source)), lambda, codec.model)) return null;
  }
  const { estimateWritten } = await import("./measure-written.ts");
  const measured = psnrDb ?? (await estimateWritten(codec, source, encoded.bytes, settings));
  return warningFor(measured, codec.model, encoded.quality);
}
