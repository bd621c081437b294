/**
 * How much a picture changes from pixel to pixel. Of the pictures that were tried, none that changes little came back badly from a shipped model
 * (`promised-psnr.ts`), so such a picture need not be decoded to know that.
 */
import type { Image } from "../../image/image.ts";

/**
 * Half of the mean squared difference between neighbouring levels, to the left and above: the mean squared error, in squared levels, of a picture
 * that lost all that neighbours do not share. Fully transparent pixels are nobody's neighbours. 0 where there are no neighbours.
 */
export function roughness({ width, height, data, alpha }: Image): number {
  const isVisible = (pixel: number): boolean => alpha === undefined || alpha[pixel] !== 0;
  let [sum, pairs] = [0, 0];
  const compare = (pixel: number, other: number): void => {
    pairs++;
    for (let channel = 0; channel < 3; channel++) sum += (data[3 * pixel + channel]! - data[3 * other + channel]!) ** 2;
  };
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let column = 0; column < width; column++, pixel++) {
      if (!isVisible(pixel)) continue;
      if (column > 0 && isVisible(pixel - 1)) compare(pixel, pixel - 1);
      if (row > 0 && isVisible(pixel - width)) compare(pixel, pixel - width);
    }
  }
  return pairs === 0 ? 0 : sum / (2 * 3 * pairs);
}
