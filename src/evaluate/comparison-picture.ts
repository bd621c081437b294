/**
 * One picture that shows what a codec does to a photograph: original, Halfstep and JPEG side by side. The upper row shows them whole.
 * The lower row magnifies a part of each without smoothing, so that single pixels can be judged. The captions name bytes, bits
 * per pixel and PSNR. The part is the one where the renditions err most (see telling-region.ts); the frame shows where.
 */
import sharp from "sharp";
import { checkSameSize, type Image } from "../image/image.ts";
import { encodePng } from "../image/read-image.ts";
import { type Colour, drawText, fillRectangle, textHeight, textWidth } from "./bitmap-font.ts";
import { psnr } from "./psnr.ts";
import { type Region, tellingRegion } from "./telling-region.ts";

/** What the captions of {@link comparisonPicture} say beside PSNR, which is measured. */
export interface ComparisonLabels {
  /** Default "Original". */
  readonly originalName?: string;
  /** Default "Halfstep". */
  readonly decodedName?: string;
  /** Default "JPEG". */
  readonly jpegName?: string;
  /** Length of the Halfstep file. Default: its size is not shown. */
  readonly decodedBytes?: number;
  /** Length of the JPEG file. Default: its size is not shown. */
  readonly jpegBytes?: number;
}

/** All lengths in pixels of the picture. */
const COLUMN = 480;
const MARGIN = 20;
const GAP = 14;
const NAME_SCALE = 3;
const FIGURES_SCALE = 2;
/** Enlargement of the part, and the largest one of a tiny image. */
const PART_SCALE = 3;
const LARGEST_SCALE = 32;
/** The part: multiples of 8 pixels, as the search for it works in blocks of 8. */
const PART = { width: COLUMN / PART_SCALE, height: 112 } as const;
const FRAME = 2;

const PAPER: Colour = [24, 26, 31];
const INK: Colour = [244, 244, 240];
const FAINT_INK: Colour = [168, 173, 183];
const FRAME_INK: Colour = [255, 196, 0];

/** One column: an image and the two lines above it. */
interface Panel {
  readonly image: Image;
  readonly name: string;
  readonly figures: string;
}

/**
 * Draws the comparison as a PNG file, 1508 pixels wide with JPEG and 1014 without. An image that is shown whole at three
 * times its size or more has no magnified part.
 *
 * @param jpeg what a viewer shows for the JPEG; undefined leaves its column out
 * @throws {RangeError} if the sizes of the images differ.
 */
export async function comparisonPicture(
  original: Image,
  decoded: Image,
  jpeg: Image | undefined,
  labels: ComparisonLabels = {},
): Promise<Uint8Array> {
  const { originalName = "Original", decodedName = "Halfstep", jpegName = "JPEG", decodedBytes, jpegBytes } = labels;
  const renditions = jpeg === undefined ? [decoded] : [decoded, jpeg];
  for (const rendition of renditions) checkSameSize(original, rendition, "comparisonPicture");
  const { width, height } = original;
  const scale = wholeScale(original);
  const part = scale >= PART_SCALE ? undefined : tellingRegion(original, renditions, PART);
  const sizes = `${width} x ${height} pixels${part === undefined ? "" : `; frame shown ${PART_SCALE}x`}`;
  const panels: Panel[] = [
    { image: original, name: originalName, figures: sizes },
    { image: decoded, name: decodedName, figures: figuresOf(original, decoded, decodedBytes) },
  ];
  if (jpeg !== undefined) {
    panels.push({ image: jpeg, name: jpegName, figures: figuresOf(original, jpeg, jpegBytes) });
  }

  const captionHeight = textHeight(NAME_SCALE) + textHeight(FIGURES_SCALE) + 14;
  const wholeHeight = Math.max(Math.round(height * scale), 1);
  const partHeight = part === undefined ? 0 : GAP + part.height * PART_SCALE;
  const picture = blank(
    2 * MARGIN + panels.length * COLUMN + (panels.length - 1) * GAP,
    2 * MARGIN + captionHeight + wholeHeight + partHeight,
  );
  for (const [i, panel] of panels.entries()) {
    const x = MARGIN + i * (COLUMN + GAP);
    drawText(picture, fitting(panel.name, NAME_SCALE), x, MARGIN, NAME_SCALE, INK);
    const figuresY = MARGIN + textHeight(NAME_SCALE) + 4;
    drawText(picture, fitting(panel.figures, FIGURES_SCALE), x, figuresY, FIGURES_SCALE, FAINT_INK);
    const whole = await scaled(panel.image, scale);
    const wholeX = x + ((COLUMN - whole.width) >> 1);
    const wholeY = MARGIN + captionHeight;
    paste(picture, whole, wholeX, wholeY);
    if (part === undefined) continue;
    drawFrame(picture, part, scale, wholeX, wholeY);
    const magnified = enlarged(cut(panel.image, part), PART_SCALE);
    paste(picture, magnified, x + ((COLUMN - magnified.width) >> 1), wholeY + wholeHeight + GAP);
  }
  return encodePng(picture, { compressionLevel: 9, adaptiveFiltering: true });
}

/** Bytes, bits per pixel and PSNR, as far as they are known. */
function figuresOf(original: Image, rendition: Image, bytes: number | undefined): string {
  const decibels = psnr(original, rendition);
  const quality = Number.isFinite(decibels) ? `${decibels.toFixed(2)} dB` : "identical";
  if (bytes === undefined) return quality;
  const bitsPerPixel = (8 * bytes) / (original.width * original.height);
  return `${bytes} bytes   ${bitsPerPixel.toFixed(3)} bpp   ${quality}`;
}

/** How the whole image is scaled into a square of a column: any factor down, whole factors up. */
function wholeScale({ width, height }: Image): number {
  const factor = COLUMN / Math.max(width, height);
  return factor < 1 ? factor : Math.min(Math.floor(factor), LARGEST_SCALE);
}

/** The text, or as much of its beginning as fits into a column. */
function fitting(text: string, scale: number): string {
  let fits = "";
  for (const character of text) {
    if (textWidth(fits + character, scale) > COLUMN) break;
    fits += character;
  }
  return fits;
}

function blank(width: number, height: number): Image {
  const picture: Image = { width, height, data: new Uint8Array(3 * width * height) };
  fillRectangle(picture, 0, 0, width, height, PAPER);
  return picture;
}

async function scaled(image: Image, scale: number): Promise<Image> {
  if (scale >= 1) return enlarged(image, scale);
  const width = Math.max(Math.round(image.width * scale), 1);
  const height = Math.max(Math.round(image.height * scale), 1);
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const data = await sharp(image.data, { raw }).resize(width, height, { fit: "fill" }).raw().toBuffer();
  return { width, height, data };
}

/** Each pixel repeated `scale` times to the right and downwards. */
function enlarged(image: Image, scale: number): Image {
  const width = image.width * scale;
  const height = image.height * scale;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / scale) * image.width;
    for (let x = 0; x < width; x++, at += 3) {
      const from = 3 * (row + Math.floor(x / scale));
      data[at] = image.data[from]!;
      data[at + 1] = image.data[from + 1]!;
      data[at + 2] = image.data[from + 2]!;
    }
  }
  return { width, height, data };
}

function cut(image: Image, { x, y, width, height }: Region): Image {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((y + row) * image.width + x);
    data.set(image.data.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { width, height, data };
}

function paste(picture: Image, image: Image, x: number, y: number): void {
  for (let row = 0; row < image.height; row++) {
    const pixels = image.data.subarray(3 * row * image.width, 3 * (row + 1) * image.width);
    picture.data.set(pixels, 3 * ((y + row) * picture.width + x));
  }
}

/** Outlines the region on the scaled image, which is at (left, top). */
function drawFrame(picture: Image, region: Region, scale: number, left: number, top: number): void {
  const x = left + Math.round(region.x * scale);
  const y = top + Math.round(region.y * scale);
  const width = Math.round(region.width * scale);
  const height = Math.round(region.height * scale);
  fillRectangle(picture, x - FRAME, y - FRAME, width + 2 * FRAME, FRAME, FRAME_INK);
  fillRectangle(picture, x - FRAME, y + height, width + 2 * FRAME, FRAME, FRAME_INK);
  fillRectangle(picture, x - FRAME, y, FRAME, height, FRAME_INK);
  fillRectangle(picture, x + width, y, FRAME, height, FRAME_INK);
}
