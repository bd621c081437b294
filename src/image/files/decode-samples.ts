/**
 * Runs sharp on an inspected file. If only the end marker of a JPEG is missing, it is read, with a note. A JPEG that is cut is refused, as
 * other damaged files are.
 */
import { readFile } from "node:fs/promises";
import type { Sharp } from "sharp";
import { HalfstepError } from "../../errors.ts";
import { hasAllScans } from "../formats/jpeg-facts.ts";
import { fileOfBytes, type ImageFile, type SharpOptions, sharpen } from "./image-file.ts";
import type { InspectedImage } from "./inspect-image.ts";

/** The result of a pipeline, and the notes about it. */
export interface DecodedSamples<Result> {
  readonly result: Result;
  readonly notes: readonly string[];
}

const END_OF_IMAGE = [0xff, 0xd9] as const;
const NO_END_MARKER = "the end marker of the file (EOI) is missing; all pixels are there";
const BAD_PROFILE = "the embedded profile could not be used and was left out; the colours were taken for sRGB";

/**
 * Gives `finish` the pipeline of a file: turned upright, in r, g, b and further channels, of 8 or 16 bits.
 * @throws {HalfstepError} `not-an-image`
 */
export async function decodeSamples<Result>(
  file: ImageFile,
  inspected: InspectedImage,
  finish: (source: Sharp) => Promise<Result>,
): Promise<DecodedSamples<Result>> {
  const { samples, ignoreIcc } = inspected;
  const profileWarnings: string[] = [];
  const run = (from: ImageFile, options: SharpOptions): Promise<Result> =>
    sharpen(from, (source) => finish(source.autoOrient().toColourspace(samples.bits === 8 ? "srgb" : "rgb16")), {
      ignoreIcc,
      onWarning: (text) => void (/embedded profile/i.test(text) && profileWarnings.push(text)),
      ...options,
    });
  const notes = () =>
    profileWarnings.length === 0
      ? inspected.notes
      : [...inspected.notes.filter((note) => note !== inspected.profileNote), BAD_PROFILE];
  try {
    return { result: await run(file, {}), notes: notes() };
  } catch (error) {
    const completed = inspected.format === "jpeg" ? await withEndMarker(file, error) : null;
    if (completed === null) throw error;
    const result = await run(completed, { failOn: "warning" }).catch(() => {
      throw error;
    });
    return { result, notes: [...notes(), NO_END_MARKER] };
  }
}

/** The JPEG with its missing end marker; null if more is missing, as far as its markers show. */
async function withEndMarker(file: ImageFile, error: unknown): Promise<ImageFile | null> {
  if (!(error instanceof HalfstepError) || !/premature end/i.test(error.message)) return null;
  const bytes = typeof file.input === "string" ? await readFile(file.input) : file.input;
  if (!hasAllScans(bytes)) return null;
  return fileOfBytes(appended(bytes), file.name);
}

function appended(bytes: Uint8Array): Uint8Array {
  const longer = new Uint8Array(bytes.length + END_OF_IMAGE.length);
  longer.set(bytes);
  longer.set(END_OF_IMAGE, bytes.length);
  return longer;
}
