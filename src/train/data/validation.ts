/**
 * The part of a dataset that is not trained on, and the fixed crops of it on which a run is judged while it trains. Which
 * images these are depends on their paths alone: not on the seed, on their order, or on images added beside them.
 */
import { createHash } from "node:crypto";
import { CounterRandom } from "../../engine/index.ts";
import { UsageError } from "../../errors.ts";
import type { PackedImage } from "./manifest.ts";
import type { ImageCollection } from "./packed-dataset.ts";
import { WindowReducer } from "./resample.ts";

/** Chosen once: validation crops are the same for every run on the same images. */
const VALIDATION_SEED = 20_170_424;

/** The two parts of a dataset. */
export interface DatasetSplit {
  readonly train: ImageCollection;
  readonly validation: ImageCollection;
}

/** A number in [0, 1) that depends only on the path. */
function pathFraction(path: string): number {
  return createHash("sha256").update(path).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Which of some paths are for validation: by a hash of the path about `validationFraction` of them, and at least one if the fraction is not zero.
 * @throws RangeError unless 0 <= validationFraction < 1
 */
export function validationPaths(paths: readonly string[], validationFraction: number): ReadonlySet<string> {
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new RangeError(`validationPaths: got fraction ${validationFraction}, expected 0 or more and less than 1`);
  }
  const smallest = paths.reduce((least, path) => Math.min(least, pathFraction(path)), 1);
  const limit = validationFraction === 0 ? 0 : Math.max(validationFraction, smallest + 2 ** -48);
  return new Set(paths.filter((path) => pathFraction(path) < limit));
}

/**
 * Splits by {@link validationPaths}.
 * @throws RangeError unless 0 <= validationFraction < 1; UsageError "no-images" when nothing is left to train on.
 */
export function splitDataset(dataset: ImageCollection, validationFraction: number): DatasetSplit {
  const judged = validationPaths(
    dataset.images.map(({ path }) => path),
    validationFraction,
  );
  const part = (isJudged: boolean): ImageCollection => ({
    images: dataset.images.filter(({ path }) => judged.has(path) === isJudged),
    readRegion: dataset.readRegion.bind(dataset),
  });
  const split = { train: part(false), validation: part(true) };
  if (split.train.images.length === 0) {
    throw new UsageError(
      "no-images",
      `dataset split: got ${dataset.images.length} images, all of them for validation; add images or lower the fraction`,
    );
  }
  return split;
}

/** Options of {@link ValidationCrops}. */
export interface ValidationCropsOptions {
  /** Number of crops. Default 64. */
  readonly count?: number;
  /** Side in pixels. Default 256. */
  readonly size?: number;
}

/** A fixed set of crops at full scale: images in turn, positions drawn once. */
export class ValidationCrops {
  readonly count: number;
  readonly size: number;
  readonly #collection: ImageCollection;
  readonly #images: readonly PackedImage[];
  readonly #random: CounterRandom = new CounterRandom(VALIDATION_SEED);
  readonly #reducer: WindowReducer;

  /** @throws UsageError "image-too-small" when no image has room for a crop. Smaller images are passed over. */
  constructor(collection: ImageCollection, options: ValidationCropsOptions = {}) {
    const { count = 64, size = 256 } = options;
    if (!Number.isInteger(count) || count < 1 || !Number.isInteger(size) || size < 1) {
      throw new RangeError(`ValidationCrops: got count ${count}, size ${size}, expected positive integers`);
    }
    this.#images = collection.images.filter(({ width, height }) => Math.min(width, height) >= size);
    if (this.#images.length === 0) {
      throw new UsageError(
        "image-too-small",
        `validation crops: got ${collection.images.length} images, none of at least ${size}x${size} pixels; add larger images or turn validation off`,
      );
    }
    this.count = count;
    this.size = size;
    this.#collection = collection;
    this.#reducer = new WindowReducer(size);
  }

  /** Where crop `index` comes from: its image, and its left upper corner in pixels. */
  place(index: number): { readonly path: string; readonly left: number; readonly top: number } {
    const { image, left, top } = this.#place(index);
    return { path: image.path, left, top };
  }

  #place(index: number): { readonly image: PackedImage; readonly left: number; readonly top: number } {
    const image = this.#images[index % this.#images.length] as PackedImage;
    const draw = (k: number): number => this.#random.uint32(0, 0, 2 * index + k) / 2 ** 32;
    const left = Math.floor(draw(0) * (image.width - this.size + 1));
    const top = Math.floor(draw(1) * (image.height - this.size + 1));
    return { image, left, top };
  }

  /**
   * Crops first..first + count - 1 as [count, 3, size, size], 0..1.
   * @throws RangeError when these are not all among the crops.
   */
  read(first: number, count: number): Float32Array {
    if (first < 0 || count < 1 || first + count > this.count) {
      throw new RangeError(`ValidationCrops.read: got ${count} from ${first}, expected a part of ${this.count}`);
    }
    const cropValues = 3 * this.size * this.size;
    const out = new Float32Array(count * cropValues);
    for (let i = 0; i < count; i++) {
      const { image, left, top } = this.#place(first + i);
      const { bytes, start, rowBytes } = this.#collection.readRegion(image, left, top, this.size, this.size);
      this.#reducer.reduce(bytes, start, rowBytes, this.size, false, out, i * cropValues);
    }
    return out;
  }
}
