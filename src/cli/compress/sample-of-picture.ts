/** A picture, or some crops of a large one, for what would take too long to find out from all of it. */
import type { Image } from "../../image/image.ts";
import type { ImageSource } from "../../image/image-rows.ts";

/** Pictures of at most this many pixels are looked at as a whole. */
const WHOLE_UP_TO_PIXELS = 2 ** 18;
/** Crops of this side lie beside each other, in so many columns and rows. */
const CROP = { side: 128, columns: 3, rows: 2 } as const;

/** What is looked at of a picture. */
export interface Sample {
  readonly image: Image;
  /** Whether it is all of the picture. */
  readonly isWhole: boolean;
}

/** A small picture, or crops of a larger one. @throws what the source throws */
export async function sampleOf(source: ImageSource): Promise<Sample> {
  const { width, height } = source;
  if (width * height > WHOLE_UP_TO_PIXELS) return { image: await cropsOf(source), isWhole: false };
  const data = await source.readRows(0, height);
  const alpha = await source.readAlpha?.(0, height);
  return { image: { width, height, data, ...(alpha === undefined ? {} : { alpha }) }, isWhole: true };
}

/** Crops spread over the picture, side by side in one picture: coding it takes far less time than coding each. */
async function cropsOf(source: ImageSource): Promise<Image> {
  const [width, height] = [Math.min(CROP.side, source.width), Math.min(CROP.side, source.height)];
  const sample = { width: CROP.columns * width, height: CROP.rows * height };
  const data = new Uint8Array(3 * sample.width * sample.height);
  const alpha = source.readAlpha && new Uint8Array(sample.width * sample.height);
  for (let row = 0; row < CROP.rows; row++) {
    const top = Math.round(((source.height - height) * (row + 0.5)) / CROP.rows);
    const lefts = Array.from({ length: CROP.columns }, (_, column) =>
      Math.round(((source.width - width) * (column + 0.5)) / CROP.columns),
    );
    const place = { rows: height, fromWidth: source.width, lefts, width };
    const first = row * height * sample.width;
    layColumns(await source.readRows(top, height), data.subarray(3 * first), { ...place, channels: 3 });
    if (alpha) layColumns(await source.readAlpha!(top, height), alpha.subarray(first), { ...place, channels: 1 });
  }
  return { ...sample, data, ...(alpha === undefined ? {} : { alpha }) };
}

/** Copies some columns of rows side by side. @param place `lefts` are the first pixels of so many columns of `width` */
function layColumns(
  from: Uint8Array,
  to: Uint8Array,
  place: {
    readonly rows: number;
    readonly fromWidth: number;
    readonly lefts: readonly number[];
    readonly width: number;
    readonly channels: number;
  },
): void {
  const { rows, fromWidth, lefts, width, channels } = place;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const left of lefts) {
      const start = channels * (row * fromWidth + left);
      to.set(from.subarray(start, start + channels * width), at);
      at += channels * width;
    }
  }
}
