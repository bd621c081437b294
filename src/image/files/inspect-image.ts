/**
 * What is in an image file, and how its samples become 8-bit sRGB: the one road on which all pictures are read (decision 0020).
 * Colours are judged by what a profile or the numbers in its place do, not by their names; a note says what is done to the pixels.
 * Refuses what has no definite colours: samples without a range, high dynamic range, and formats that are not read.
 */
import type { Metadata } from "sharp";
import { HalfstepError } from "../../errors.ts";
import { type CodePoints, codedColour } from "../colour/code-points.ts";
import { readProfile } from "../colour/icc-profile.ts";
import { readTables } from "../colour/icc-tables.ts";
import { profileName } from "../colour/profile-name.ts";
import { type RgbSpace, SRGB, type TableSpace } from "../colour/rgb-space.ts";
import { isSrgb, levelConverter, type SrgbConverter, spaceConverter } from "../colour/srgb-converter.ts";
import { readAvifFacts } from "../formats/avif-facts.ts";
import { readJpegPictures } from "../formats/jpeg-facts.ts";
import { readPngFacts } from "../formats/png-facts.ts";
import { maxImagePixels, maxImageSide } from "../image.ts";
import type { PixelLayout } from "../pixel-layout.ts";
import { type ImageFile, notRead, READABLE_FORMATS, sharpen } from "./image-file.ts";
import { checkSamples, type SampleLayout, sampleLayout, tiffFactsOf } from "./sample-layout.ts";

/** Formats that sharp knows and that are not read, by sharp's name. */
const FURTHER_FORMATS: ReadonlyMap<string, string> = new Map([
  ["svg", "an SVG drawing"],
  ["pdf", "a PDF document"],
]);

/** An image file before its pixels are read. */
export interface InspectedImage {
  /** Pixels per row, upright. */
  readonly width: number;
  /** Rows, upright. */
  readonly height: number;
  /** What sharp is to give. */
  readonly samples: SampleLayout;
  /** How to take it. */
  readonly layout: PixelLayout;
  /** sharp is to pass over an embedded profile. */
  readonly ignoreIcc: boolean;
  /** One sentence for each change, except for transparency, which only the pixels show. */
  readonly notes: readonly string[];
  /** That of the notes which says that sharp converts by the profile: untrue if it then cannot. Null where it is not to. */
  readonly profileNote: string | null;
  /** What a file of this kind may lack at its end and still be read. */
  readonly format: "jpeg" | "other";
}

/**
 * Reads the headers.
 * @throws {HalfstepError} `not-an-image`, `image-too-large`, `unsupported-colours`
 */
export async function inspectImage(file: ImageFile): Promise<InspectedImage> {
  const { name } = file;
  const tiff = await tiffFactsOf(file);
  const metadata = await sharpen(file, (source) => source.metadata());
  const { format, width, height } = metadata;
  if (!READABLE_FORMATS.has(format))
    throw notRead(name, FURTHER_FORMATS.get(format) ?? `a picture of the format ${format}`);
  if (metadata.compression === "hevc") throw notRead(name, "a HEIC picture");
  if (width > maxImageSide || height > maxImageSide || width * height > maxImagePixels) {
    throw new HalfstepError(
      "image-too-large",
      `${name}: got ${width} x ${height} pixels, expected at most ${maxImageSide} per side and ${maxImagePixels} ` +
        "in all; scale it down or cut it into parts",
    );
  }
  const samples = sampleLayout(metadata, tiff);
  checkSamples(name, samples);
  const told = await toldByFile(file, metadata);
  const colour = colourTreatment(name, metadata, told.colour, samples);
  return {
    ...metadata.autoOrient,
    samples,
    layout: {
      channels: samples.channels,
      alphaChannel: samples.alphaChannel,
      maxSample: samples.maxSample,
      converter: colour.converter,
    },
    ignoreIcc: colour.ignoreIcc,
    notes: [...pictureNotes(metadata), ...told.notes, ...samples.notes, ...colour.notes],
    profileNote: colour.ignoreIcc ? null : (colour.notes[0] ?? null),
    format: format === "jpeg" ? "jpeg" : "other",
  };
}

function pictureNotes({ format, pages = 1, orientation = 1 }: Metadata): readonly string[] {
  const notes: string[] = [];
  if (pages > 1) {
    const what = format === "tiff" ? "pages" : format === "heif" ? "pictures" : "frames";
    notes.push(`only the first of ${pages} ${what} was read`);
  }
  if (orientation > 1) notes.push(`the pixels were turned upright (EXIF orientation ${orientation})`);
  return notes;
}

/** What a file says of its colours beside, or in place of, a profile. */
type ToldColour =
  | { readonly kind: "code points"; readonly points: CodePoints }
  | { readonly kind: "space"; readonly space: RgbSpace; readonly name: string }
  | null;

const GAIN_MAP = "the gain map was left out; the picture of standard dynamic range was read";

/** Colour, and what is dropped, as the format itself says it. */
async function toldByFile(
  file: ImageFile,
  metadata: Metadata,
): Promise<{ readonly colour: ToldColour; readonly notes: readonly string[] }> {
  if (metadata.format === "png") {
    const facts = await readPngFacts(file.reader);
    const notes = facts.frames > 1 ? [`only the first of ${facts.frames} frames was read`] : [];
    if (!facts.complete) notes.push("the end marker of the file (IEND) is missing; all pixels are there");
    const { codePoints, space } = facts;
    if (codePoints !== null) return { colour: { kind: "code points", points: codePoints }, notes };
    if (facts.hasProfile || space === null || facts.isSrgb) return { colour: null, notes };
    return { colour: { kind: "space", space, name: "gamma and chromaticities in the file" }, notes };
  }
  if (metadata.format === "heif") {
    const { codePoints, hasGainMap } = await readAvifFacts(file.reader);
    return {
      colour: codePoints && { kind: "code points", points: codePoints },
      notes: hasGainMap ? [GAIN_MAP] : [],
    };
  }
  if (metadata.format !== "jpeg") return { colour: null, notes: [] };
  const pictures = await readJpegPictures(file.reader);
  const notes = metadata.gainMap === undefined ? [] : [GAIN_MAP];
  const others = pictures - 1 - notes.length;
  if (others > 0)
    notes.push(
      `${others === 1 ? "a further picture" : `${others} further pictures`} in the file ${others === 1 ? "was" : "were"} left out`,
    );
  return { colour: null, notes };
}

/** What is done to colours. */
interface ColourTreatment {
  readonly ignoreIcc: boolean;
  readonly converter: SrgbConverter | null;
  readonly notes: readonly string[];
}

function colourTreatment(
  name: string,
  { icc, format, space: interpretation }: Metadata,
  told: ToldColour,
  samples: SampleLayout,
): ColourTreatment {
  const { maxSample } = samples;
  /** sRGB as it is, with fewer bits where there are more. */
  const asItIs = (notes: readonly string[] = []): ColourTreatment => ({
    ignoreIcc: true,
    converter: maxSample === 255 ? null : levelConverter(maxSample),
    notes,
  });
  const isGrey = interpretation === "b-w" || interpretation === "grey16";
  const converted = (space: RgbSpace | TableSpace, note: string): ColourTreatment =>
    isSrgb(space, isGrey) ? asItIs() : { ignoreIcc: true, converter: spaceConverter(space, maxSample), notes: [note] };
  const title = `the embedded profile "${(icc && profileName(icc)) ?? "unnamed"}"`;
  if (interpretation === "cmyk") {
    const profile = icc === undefined ? null : readProfile(icc);
    const isUsed = profile === null || (profile.kind === "tables" && profile.colours === "CMYK");
    const leftOut = isUsed ? [] : [`${title} does not fit these samples and was left out`];
    const notes = ["the colours were converted from CMYK to sRGB", ...leftOut];
    return { ignoreIcc: !isUsed, converter: null, notes };
  }
  // A profile counts before the numbers of an AVIF, and after those of a PNG.
  if (told?.kind === "code points" && (format === "png" || icc === undefined)) {
    return codePointTreatment(name, told.points, format === "heif", converted);
  }
  if (icc === undefined) {
    return told?.kind === "space"
      ? converted(told.space, `the colours were converted by the ${told.name} to sRGB`)
      : asItIs();
  }
  const note = `the colours were converted from ${title} to sRGB`;
  const profile = readProfile(icc);
  const unfit = (): ColourTreatment =>
    asItIs([`${title} does not fit these samples and was left out; the colours were taken for sRGB`]);
  if (profile.kind === "unusable") return unfit();
  if ("codePoints" in profile && profile.codePoints !== null) {
    const coded = codedColour(profile.codePoints, { cameraCurvesAreSrgb: true });
    if (coded.kind === "hdr") throw highDynamicRange(name, coded.name);
  }
  if (profile.kind === "grey") {
    if (!isGrey) return unfit();
    return converted({ toXyzD50: SRGB.toXyzD50, curves: [profile.curve, profile.curve, profile.curve] }, note);
  }
  if (profile.kind === "tables" && profile.colours === (isGrey ? "grey" : "RGB")) {
    const space = readTables(profile.table, profile.connection, isGrey ? 1 : 3);
    if (space !== null) return converted(space, note);
    return asItIs([`${title} holds tables that cannot be read and was left out; the colours were taken for sRGB`]);
  }
  if (isGrey || profile.kind === "tables") return unfit();
  return converted(profile.space, note);
}

function codePointTreatment(
  name: string,
  points: CodePoints,
  cameraCurvesAreSrgb: boolean,
  converted: (space: RgbSpace, note: string) => ColourTreatment,
): ColourTreatment {
  const coded = codedColour(points, { cameraCurvesAreSrgb });
  if (coded.kind === "hdr") throw highDynamicRange(name, coded.name);
  if (coded.kind === "space") return converted(coded.space, `the colours were converted from ${coded.name} to sRGB`);
  throw new HalfstepError(
    "unsupported-colours",
    `${name}: got ${coded.name}, expected the colours of a known kind of display; convert it to sRGB first`,
  );
}

function highDynamicRange(name: string, curve: string): HalfstepError {
  return new HalfstepError(
    "unsupported-colours",
    `${name}: got high dynamic range (${curve}), expected a picture of standard dynamic range; map its tones to sRGB first`,
  );
}
