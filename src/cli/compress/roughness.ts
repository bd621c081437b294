/**
 * How much a picture changes from pixel to pixel. A picture that changes little cannot come back badly from a model that was trained well, so it need
 * not be decoded to know that.
 */
import type { Image } from "../../image/image.ts";

/**
 * Half of the mean squared difference between neighbouring levels, to the right and below: the mean squared error, in squared levels, of a picture
 * that lost all that neighbours do not share. 0 for a picture of one pixel. Pixels count whether they are visible or not.
 */
export function roughness({ width, height, data }: Image): number {
  const stride = 3 * width;
  let sum = 0;
  for (let row = 0; row < height; row++) {
    const start = row * stride;
    for (let at = start + 3; at < start + stride; at++) sum += (data[at]! - data[at - 3]!) ** 2;
    if (row === 0) continue;
    for (let at = start; at < start + stride; at++) sum += (data[at]! - data[at - stride]!) ** 2;
  }
  const pairs = 3 * ((width - 1) * height + width * (height - 1));
  return pairs === 0 ? 0 : sum / (2 * pairs);
}
