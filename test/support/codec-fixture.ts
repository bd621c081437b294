/** What the tests of the codec's commands start from: small models of drawn weights, an image, and its stream. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { randomModelBytes } from "../../src/models/random-model.ts";
import { runWords } from "./run-words.ts";
import { coordinateImage, writePng } from "./training-images.ts";

/** The network of the models. */
export const SMALL_NETWORK = { type: "mean-scale-hyperprior", N: 4, M: 6 } as const;

/** Paths of files, and the contents of one. */
export interface CodecFixture {
  /** The model named "small". */
  readonly model: string;
  /** Another, of the same network. */
  readonly otherModel: string;
  /** A PNG of 70 x 50 pixels. */
  readonly image: string;
  /** What compressing it with `model` gives. */
  readonly stream: Buffer;
}

/** Makes the files in a folder that is there. */
export async function makeCodecFixture(folder: string): Promise<CodecFixture> {
  const model = path.join(folder, "small.safetensors");
  const otherModel = path.join(folder, "other.safetensors");
  const image = path.join(folder, "image.png");
  await writeFile(model, randomModelBytes(SMALL_NETWORK, { name: "small" }));
  await writeFile(otherModel, randomModelBytes(SMALL_NETWORK, { name: "other", seed: 2 }));
  await writePng(image, coordinateImage(70, 50, 9));
  const file = path.join(folder, "image.hst");
  const ending = await runWords("compress", image, file, "--model", model);
  if (ending.exitCode !== 0) throw new Error(`the image was not compressed: ${ending.stderr}`);
  return { model, otherModel, image, stream: await readFile(file) };
}
