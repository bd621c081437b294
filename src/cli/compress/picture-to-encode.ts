/** A picture file as `compress` gives it to a codec, of one file, of many and in a worker of a queue. */
import type { OpenImage } from "../../image/bands/open-image.ts";
import type { RgbColour } from "../../image/pixel-layout.ts";
import type { Codec, EncodeOptions } from "../../node.ts";

/** How the words of the command line say it. */
export interface EncodeWords {
  readonly quality?: number | undefined;
  readonly effort?: number | undefined;
  readonly rounding?: "economical" | "nearest" | undefined;
}

/** The settings of the library for those words. What was not given is left out. */
export function encodeSettings({ quality, effort, rounding }: EncodeWords): EncodeOptions {
  return {
    ...(quality === undefined ? {} : { quality }),
    ...(rounding === "nearest" ? { bitsPerSquaredStep: Number.POSITIVE_INFINITY } : {}),
    ...(effort === undefined ? {} : { effort }),
  };
}

/** Where and how a picture is opened. */
export interface PicturePlace {
  readonly settings: EncodeOptions;
  /** For what does not fit into memory. */
  readonly temporaryFolder: string;
  /** Default: transparency is kept. */
  readonly background?: RgbColour | undefined;
}

/**
 * Opens a picture; a codec that does not take it refuses before a large one is read.
 * @throws as `openImage` and `Codec.checkEncode` do
 */
export async function openPicture(
  codec: Codec,
  file: string,
  { settings, temporaryFolder, background }: PicturePlace,
): Promise<OpenImage> {
  const { openImage } = await import("../../image/bands/open-image.ts");
  const accept = (size: { readonly width: number; readonly height: number }): void => codec.checkEncode(size, settings);
  return openImage(file, { temporaryFolder, background: background ?? null, accept });
}
