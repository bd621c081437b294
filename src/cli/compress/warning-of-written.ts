/**
 * The warning of a picture that comes back far worse than its quality promises. A smooth picture
 * is not decoded: that would double the work for next to nothing. What measures is loaded when it is needed.
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
  const { codec, encoded, psnrDb } = picture;
  const { promisingLambda, warningFor } = await import("./promised-psnr.ts");
  const lambda = promisingLambda(codec.model, encoded.quality);
  if (lambda === null) return null;
  const known = psnrDb ?? (await lookAt(picture, lambda));
  return known === null ? null : warningFor(known, codec.model, encoded.quality);
}

/** About the PSNR in dB that a picture comes back with; null if it cannot be far worse than promised. */
async function lookAt({ codec, source, encoded, settings }: WrittenPicture, lambda: number): Promise<number | null> {
  const [{ roughness }, { sampleOf }, { mayComeBackBadly }] = await Promise.all([
    import("./roughness.ts"),
    import("./sample-of-picture.ts"),
    import("./promised-psnr.ts"),
  ]);
  const sample = await sampleOf(source);
  if (!mayComeBackBadly(roughness(sample.image), lambda, codec.model)) return null;
  const { estimateWritten } = await import("./measure-written.ts");
  return estimateWritten(codec, { source, stream: encoded.bytes, sample }, settings);
}
