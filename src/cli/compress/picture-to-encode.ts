/** Opens a picture file for a codec: for `compress` of one file, of many files, and in a worker of a queue. */
import type { OpenImage } from "../../image/bands/open-image.ts";
import type { RgbColour } from "../../image/pixel-layout.ts";
import type { Codec, EncodeOptions } from "../../node.ts";

/** The settings as the command line has them. */
export interface EncodeWords {
  readonly quality?: number | undefined;
  readonly effort?: number | undefined;
  readonly rounding?: "economical" | "nearest" | undefined;
}

/** The same settings for the library. What the user did not give is left out. */
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
  /** A folder for what does not fit into memory. */
  readonly temporaryFolder: string;
  /** Default: transparency is kept. */
  readonly background?: RgbColour | undefined;
}

/**
 * Opens a picture. If the codec refuses its size, that is noticed before a large picture is read.
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
