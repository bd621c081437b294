/** What a study of a trained network reads from the disk: the checkpoint of a run, and images. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { HalfstepError, UsageError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";
import { readImage } from "../../image/read-image.ts";
import { packagePath } from "../../package-folder.ts";
import { loadCheckpoint } from "../../train/checkpoint.ts";
import { listImageFolder } from "../../train/data/image-folder.ts";
import type { ImageCrop, StudiedNetwork } from "./study-network.ts";

/** A network read from a run. */
export interface NetworkOfRun extends StudiedNetwork {
  /** Completed steps of training. */
  readonly step: number;
  /** Newer checkpoints that were damaged, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The averaged weights (or, without averaging, the last) of a run's newest intact checkpoint. Model files do not serve: theirs is
 * a hyper-synthesis in integers, which has no gradient.
 *
 * @param folder of a run
 * @throws {UsageError} "missing-checkpoint", {@link HalfstepError} "bad-checkpoint", as `loadCheckpoint`.
 */
export async function networkOfRun(folder: string): Promise<NetworkOfRun> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile()) {
    throw new UsageError(
      "missing-checkpoint",
      `checkpoint "${folder}": got a file, expected the folder of a training run; model files hold no weights to differentiate`,
    );
  }
  const { checkpoint, warnings } = loadCheckpoint(folder);
  const { config, state, step } = checkpoint;
  return { config, weights: state.ema.size > 0 ? state.ema : state.weights, step, warnings };
}

/** Which network is studied on how much, in one line. */
export function describeStudy({ config, step }: NetworkOfRun, images: number, draws: number): string {
  const { type, N, M } = config.network;
  const weight = config.lambdaRange?.join("..") ?? config.lambda;
  const { distortion = "mse" } = config;
  const lambda = distortion === "mse" ? `lambda ${weight}` : `lambda ${weight} on ${distortion}`;
  return `${type}, N ${N}, M ${M}, ${lambda}, ${step} steps; ${images} images, ${draws} draws each`;
}

/** The photographs that come with the package. */
export const SAMPLE_FOLDER: string = packagePath("samples");

/**
 * The middle squares of images, in the order of their names.
 *
 * @param sources image files, and folders of them
 * @param side of the squares, in pixels
 * @param most squares at most
 * @throws {UsageError} "no-images" if no image is as large as a square, or a source is missing.
 */
export async function readCrops(sources: readonly string[], side: number, most: number): Promise<readonly ImageCrop[]> {
  const crops: ImageCrop[] = [];
  for (const file of await filesOf(sources)) {
    if (crops.length >= most) break;
    const { image } = await readImage(file);
    if (image.width >= side && image.height >= side)
      crops.push({ name: path.basename(file), pixels: middleOf(image, side) });
  }
  if (crops.length > 0) return crops;
  throw new UsageError(
    "no-images",
    `images: got none of at least ${side} x ${side} pixels in ${sources.join(", ")}; name others or a smaller crop`,
  );
}

async function filesOf(sources: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    sources.map(async (source) => {
      const found = await stat(source).catch((error: unknown) => {
        const cause = error instanceof Error && "code" in error ? String(error.code) : String(error);
        throw new UsageError("no-images", `images "${source}": cannot be read (${cause}); check the path`, {
          cause: error,
        });
      });
      if (!found.isDirectory()) return [source];
      return (await listImageFolder(source)).images.map((name) => path.join(source, name));
    }),
  );
  return lists.flat();
}

function middleOf({ width, height, data }: Image, side: number): ImageCrop["pixels"] {
  const left = (width - side) >> 1;
  const top = (height - side) >> 1;
  const pixels = new Float32Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = 3 * ((top + y) * width + left + x);
      for (let channel = 0; channel < 3; channel++) {
        pixels[channel * side * side + y * side + x] = data[from + channel]! / 255;
      }
    }
  }
  return { shape: [1, 3, side, side], data: pixels };
}
