/** What the study of refinement refines, and through what. */
import type { Image } from "../../../src/image/image.ts";
import { imageFromRgba } from "../../../src/image/rgba.ts";
import type { SurrogateId } from "../../../src/quantize/index.ts";
import { SAMPLES } from "../codec/samples.ts";

/** The surrogates through which latents of a trained codec can be moved. */
export const REFINING_SURROGATES = ["soft-round", "sga", "ste", "aun", "uq"] as const satisfies readonly SurrogateId[];

/** One of them. */
export type RefiningSurrogate = (typeof REFINING_SURROGATES)[number];

/** Side of the picture in pixels. It is small, because nobody would watch iterations that take a second each. */
const SIDE = 64;
/** Where it lies in the sample: a dog's head. */
const PLACE = { sample: "dogs", left: 192, top: 320 } as const;

/** A small picture with fine detail. @throws {Error} if the sample does not load */
export async function smallPicture(): Promise<Image> {
  const sample = SAMPLES.find(({ name }) => name === PLACE.sample);
  if (sample === undefined) throw new Error(`internal: no sample ${PLACE.sample}`);
  const response = await fetch(sample.address);
  if (!response.ok) throw new Error(`The sample ${sample.name} did not load (${response.status}).`);
  const bitmap = await createImageBitmap(await response.blob(), PLACE.left, PLACE.top, SIDE, SIDE);
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  if (context === null) throw new Error("canvas: the browser gave no context for 2D; close other pages to free memory");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return imageFromRgba(context.getImageData(0, 0, SIDE, SIDE));
}
