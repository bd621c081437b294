/** What the tests of the codec's commands start from: small models of drawn weights, an image, and its stream. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { randomModelBytes } from "./random-model.ts";
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

/** What {@link useCodecFixture} gives to the tests of a file. */
export interface FixtureInUse {
  /** The common files. Not to be asked for before the tests run. */
  readonly fixture: CodecFixture;
  /** The folder of the running test, fresh for each and removed after it. */
  readonly folder: string;
  /** A path in that folder. */
  at(name: string): string;
}

/** Makes the common files once for a test file, and a folder for each of its tests. To be called at the top of the file. */
export function useCodecFixture(): FixtureInUse {
  let common: string;
  let fixture: CodecFixture;
  let folder: string;
  beforeAll(async () => {
    common = await mkdtemp(path.join(tmpdir(), "halfstep-codec-"));
    fixture = await makeCodecFixture(common);
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "halfstep-codec-test-"));
    return () => rm(folder, { recursive: true, force: true });
  });
  afterAll(() => rm(common, { recursive: true, force: true }));
  return {
    get fixture() {
      return fixture;
    },
    get folder() {
      return folder;
    },
    at: (name) => path.join(folder, name),
  };
}
