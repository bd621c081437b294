/** A logo as the web has them: a disc with a hole and a soft shadow, smooth edges, nothing around. */
import type { Image } from "../../src/image/image.ts";

/** Draws it; alpha takes many values, and most pixels are transparent or opaque. */
export function drawnLogo(width: number, height: number): Image {
  const data = new Uint8Array(3 * width * height);
  const alpha = new Uint8Array(width * height);
  const [radius, middleX, middleY] = [0.4 * height, width / 2, height / 2];
  const edge = (distance: number): number => Math.min(Math.max(distance + 0.5, 0), 1);
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const distance = Math.hypot(x - middleX, y - middleY);
    const disc = edge(radius - distance) * edge(distance - radius / 3);
    const shadow = 0.4 * Math.max(0, 1 - Math.hypot(x - middleX - 4, y - middleY - 4) / (1.15 * radius));
    const cover = disc + shadow * (1 - disc);
    alpha[pixel] = Math.round(255 * cover);
    const part = cover === 0 ? 0 : disc / cover;
    data[3 * pixel] = Math.round(part * (200 - y / 2));
    data[3 * pixel + 1] = Math.round(part * (60 + x / 2));
    data[3 * pixel + 2] = Math.round(part * 180);
  }
  return { width, height, data, alpha };
}
