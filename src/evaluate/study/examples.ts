/**
 * What the codecs of a report show for one image at one size: the part where they err most, magnified, side by side. The size is that
 * of a Halfstep file, from the model or quality whose mean rate is nearest to the wanted one. Every other codec, and every other model of
 * variable rate, gives its best file that is not larger, by a search over its whole qualities. Only measured curves can be shown: for
 * quoted ones there is no codec to run.
 */
import { basename } from "node:path";
import { UsageError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";
import { encodePng, readImage } from "../../image/read-image.ts";
import type { Chart } from "../../report/chart.ts";
import { psnr } from "../psnr.ts";
import { type Region, tellingRegion } from "../telling-region.ts";
import { COMPARED_CODECS } from "./compared-codecs.ts";
import type { FileCodec } from "./file-codec.ts";
import { openModel } from "./measure.ts";
import type { NamedCurve } from "./named-curves.ts";
import type { ResultPoint } from "./result-schema.ts";

/** A picture of several crops. */
export interface ExamplePicture {
  readonly chart: Chart;
  /** One `<svg>` with the crops inside it. */
  readonly svg: string;
}

/** Bits per pixel whose nearest model or quality sets the size. */
export const EXAMPLE_RATE = 0.4;

/** Pixels of the part, their magnification and where panels stand. */
const PART = { width: 152, height: 112 } as const;
const SCALE = 2;
const COLUMNS = 3;
const GAP = 16;
const CAPTION = 40;

interface Panel {
  readonly label: string;
  readonly figures: string;
  readonly image: Image;
}

interface Rendition {
  readonly setting: string;
  readonly file: Uint8Array;
  readonly image: Image;
}

/**
 * Draws the example of one image.
 *
 * @throws {UsageError} `no-examples` if no curve is measured
 * @throws {HalfstepError} as reading the image and opening codecs and models do
 */
export async function drawExample(curves: readonly NamedCurve[], file: string): Promise<ExamplePicture> {
  const measured = curves.filter(({ source }) => source === "measured");
  if (measured.length === 0) {
    throw new UsageError("no-examples", "--examples: got quoted curves alone, expected one that was measured");
  }
  const { image } = await readImage(file);
  const pixels = image.width * image.height;
  const ours = measured.filter(({ codec, points }) => points[0]?.model !== undefined || codec.startsWith("halfstep-"));
  const panels: Panel[] = [];
  let mostBytes = Math.floor((EXAMPLE_RATE * pixels) / 8);
  const add = (label: string, { setting, file: bytes, image: shown }: Rendition): void => {
    const rate = ((8 * bytes.length) / pixels).toFixed(3);
    panels.push({ label, figures: `${setting}: ${rate} bpp, ${psnr(image, shown).toFixed(2)} dB`, image: shown });
  };
  for (const [i, curve] of ours.entries()) {
    const { setting, model } = nearestPoint(curve);
    const isVariable = model?.quality !== undefined;
    const rendition = await withCodec(
      await openModel(model?.name ?? setting, model?.identity, model?.effort),
      (codec) => (isVariable && i > 0 ? bestWithin(codec, image, mostBytes, 0) : through(codec, image, setting)),
    );
    if (rendition === null) continue;
    if (i === 0) mostBytes = rendition.file.length;
    add(curve.label, isVariable && i === 0 ? { ...rendition, setting: `quality ${setting}` } : rendition);
  }
  for (const curve of measured) {
    const compared = COMPARED_CODECS.find(({ name }) => name === curve.codec);
    if (compared === undefined) continue;
    const rendition = await withCodec(compared.open(), (codec) => bestWithin(codec, image, mostBytes));
    if (rendition !== null) add(curve.label, rendition);
  }
  const region = tellingRegion(
    image,
    panels.map((panel) => panel.image),
    PART,
  );
  const size = `${image.width} x ${image.height} pixels`;
  const all = [{ label: "Original", figures: size, image }, ...panels];
  const description = `${basename(file)}, ${region.width} x ${region.height} pixels of it at ${region.x}, ${region.y}: ${all
    .map(({ label, figures }) => `${label} (${figures})`)
    .join("; ")}.`;
  return { chart: { name: `example-${basename(file)}`, description, spec: {} }, svg: await drawPanels(all, region) };
}

function nearestPoint({ points }: NamedCurve): ResultPoint {
  const distance = (rate: number): number => Math.abs(Math.log(rate / EXAMPLE_RATE));
  return points.toSorted((a, b) => distance(a.bitsPerPixel) - distance(b.bitsPerPixel))[0]!;
}

async function withCodec<Result>(codec: FileCodec, use: (codec: FileCodec) => Promise<Result>): Promise<Result> {
  try {
    return await use(codec);
  } finally {
    await codec.close();
  }
}

async function through(codec: FileCodec, image: Image, setting: string): Promise<Rendition> {
  const file = await codec.encode(image, setting);
  return { setting, file, image: await codec.decode(file) };
}

/** The file of the largest quality up to 100 that is not larger; null if there is none. Sizes are taken to grow with the quality. */
async function bestWithin(
  codec: FileCodec,
  image: Image,
  mostBytes: number,
  lowestQuality = 1,
): Promise<Rendition | null> {
  let best: { setting: string; file: Uint8Array } | null = null;
  for (let low = lowestQuality, high = 100; low <= high; ) {
    const quality = (low + high) >> 1;
    const file = await codec.encode(image, String(quality));
    if (file.length <= mostBytes) {
      best = { setting: String(quality), file };
      low = quality + 1;
    } else high = quality - 1;
  }
  return best && { ...best, setting: `quality ${best.setting}`, image: await codec.decode(best.file) };
}

async function drawPanels(panels: readonly Panel[], region: Region): Promise<string> {
  const [width, height] = [region.width * SCALE, region.height * SCALE];
  const columns = Math.min(COLUMNS, panels.length);
  const drawn = await Promise.all(
    panels.map(async ({ label, figures, image }, i) => {
      const x = (i % columns) * (width + GAP);
      const y = Math.floor(i / columns) * (height + CAPTION + GAP);
      const png = Buffer.from(await encodePng(cropped(image, region), { compressionLevel: 9 })).toString("base64");
      return [
        `<text x="${x}" y="${y + 14}" font-size="12" font-weight="bold">${escaped(label)}</text>`,
        `<text x="${x}" y="${y + 31}" font-size="11.5">${escaped(figures)}</text>`,
        `<image x="${x}" y="${y + CAPTION}" width="${width}" height="${height}" style="image-rendering:pixelated" href="data:image/png;base64,${png}"/>`,
      ].join("\n");
    }),
  );
  const rows = Math.ceil(panels.length / columns);
  const sides = [columns * (width + GAP) - GAP, rows * (height + CAPTION + GAP)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${sides[0]}" height="${sides[1]}" viewBox="0 0 ${sides[0]} ${sides[1]}" font-family="DejaVu Sans">\n${drawn.join("\n")}\n</svg>`;
}

function cropped({ width, data }: Image, region: Region): Image {
  const cut = new Uint8Array(3 * region.width * region.height);
  for (let row = 0; row < region.height; row++) {
    const start = 3 * ((region.y + row) * width + region.x);
    cut.set(data.subarray(start, start + 3 * region.width), 3 * row * region.width);
  }
  return { width: region.width, height: region.height, data: cut };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
