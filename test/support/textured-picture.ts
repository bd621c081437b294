/** A picture on which measures of structure have something to measure. */
import { CounterRandom } from "../../src/engine/index.ts";
import type { Image } from "../../src/image/image.ts";

/** A picture with slopes, edges and texture, and noise of a given amplitude in levels. */
export function texturedPicture(width: number, height: number, noise: number, seed: number): Image {
  const draws = new Float32Array(3 * width * height);
  new CounterRandom(seed).fillUniform(draws, 0, 0, -1, 1);
  const data = Uint8ClampedArray.from(draws, (draw, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const edges = ((x >> 4) ^ (y >> 3)) & 1 ? 90 : 0;
    return 30 + 60 * (x / width) + edges + 25 * Math.sin((x + 2 * y) / 5 + c) + noise * draw;
  });
  return { width, height, data: Uint8Array.from(data) };
}
