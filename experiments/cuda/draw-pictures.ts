/**
 * Writes drawn pictures for training on a graphics card: one safetensors file with the tensor "pictures", U8 [count, side, side, 3], sRGB
 * levels. Picture i is `drawPicture(seed, i, side)`.
 *
 * Usage: npx tsx experiments/cuda/draw-pictures.ts OUT COUNT SIDE SEED
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { writeSafetensors } from "../../src/safetensors.ts";
import { drawPicture } from "../../src/train/data/drawn/draw-picture.ts";

const [out, ...words] = process.argv.slice(2);
const [count, side, seed] = words.map(Number);
const whole = [count, side, seed].every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
if (out === undefined || words.length !== 3 || !whole || (count as number) < 1) {
  process.stderr.write(
    "draw-pictures.ts: expected OUT COUNT SIDE SEED: a file and three whole numbers, COUNT at least 1\n",
  );
  process.exit(2);
}
const [pictures, pixels] = [count as number, side as number];
const data = new Uint8Array(pictures * pixels * pixels * 3);
for (let i = 0; i < pictures; i++) data.set(drawPicture(seed as number, i, pixels), i * pixels * pixels * 3);
const tensor = { dtype: "U8", shape: [pictures, pixels, pixels, 3], data } as const;
writeFileSync(out, writeSafetensors(new Map([["pictures", tensor]]), { seed: String(seed) }));
