/** Photographs that no model was trained on, for experiments that choose settings. They are never those of a test set. */
import type { Image } from "../src/image/image.ts";
import { drawPlanar } from "../src/image/planar.ts";
import { PackedDataset } from "../src/train/data/packed-dataset.ts";
import { splitDataset, ValidationCrops } from "../src/train/data/validation.ts";
import { validateConfig } from "../src/train/parse-config.ts";

/**
 * Crops of the part of the images that training leaves out by default.
 * @param data folder of packed images
 * @param crops how many, and their side in pixels
 */
export function validationCrops(
  data: string,
  { count, side }: { readonly count: number; readonly side: number },
): Image[] {
  const { validation } = splitDataset(PackedDataset.open(data), validateConfig({ data }).validation.fraction);
  const crops = new ValidationCrops(validation, { count, size: side });
  return Array.from({ length: count }, (_, i) => {
    const image = { width: side, height: side, data: new Uint8Array(3 * side * side) };
    const area = { top: 0, left: 0, height: side, width: side };
    drawPlanar({ data: crops.read(i, 1), ...area }, image, area);
    return image;
  });
}
