/**
 * Reading a packed dataset. Pixels stay in the shard files. A crop is one positioned read of the rows that it touches, served
 * from the operating system's page cache. So memory use does not grow with the dataset, and several runs on one machine share
 * it. Reading takes 0.02 ms a crop that way, so loading the dataset into memory would gain nothing.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { HalfstepError, UsageError } from "../../errors.ts";
import { reading, readText } from "../reading.ts";
import {
  findManifestContradiction,
  MANIFEST_FILE,
  type Manifest,
  manifestSchema,
  type PackedImage,
  type SkippedImage,
} from "./manifest.ts";

/** Images that can be read region by region; a packed dataset or a part of one. */
export interface ImageCollection {
  readonly images: readonly PackedImage[];
  /**
   * Reads a rectangle. The result is valid until the next call; the pixel at column c and row r of the rectangle begins at
   * byte `start + r * rowBytes + 3 * c` of `bytes`.
   */
  readRegion(image: PackedImage, left: number, top: number, width: number, height: number): ImageRegion;
}

/** A rectangle of 8-bit interleaved RGB inside a larger buffer. */
export interface ImageRegion {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly rowBytes: number;
}

function damaged(folder: string, problem: string): HalfstepError {
  return new HalfstepError("bad-dataset", `packed images "${folder}": ${problem}; pack the images again`);
}

/** A folder that `packFolder` wrote, opened for reading. Close it when done. */
export class PackedDataset implements ImageCollection {
  readonly folder: string;
  readonly images: readonly PackedImage[];
  /** Files that were left out when packing. */
  readonly skipped: readonly SkippedImage[];
  readonly #manifest: Manifest;
  #files: readonly number[];
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  private constructor(folder: string, manifest: Manifest, files: readonly number[]) {
    this.folder = folder;
    this.images = manifest.images;
    this.skipped = manifest.skipped;
    this.#manifest = manifest;
    this.#files = files;
  }

  /**
   * Opens a packed dataset and checks its manifest, and the sizes of its shards, but not its hashes (see {@link verify}).
   * @throws UsageError "missing-dataset" when there is no manifest; HalfstepError "bad-dataset" when it does not fit, "cannot-read".
   */
  static open(folder: string): PackedDataset {
    const file = path.join(folder, MANIFEST_FILE);
    if (!existsSync(file)) {
      throw new UsageError(
        "missing-dataset",
        `packed images "${folder}": got no ${MANIFEST_FILE}, expected a folder of packed images; pack your photographs first`,
      );
    }
    const manifest = parseManifest(folder, readText(file));
    const files: number[] = [];
    try {
      for (const shard of manifest.shards) {
        const shardFile = path.join(folder, shard.file);
        if (!existsSync(shardFile)) throw damaged(folder, `got no ${shard.file}, expected ${shard.bytes} bytes`);
        files.push(reading(shardFile, () => openSync(shardFile, "r")));
        const { size } = fstatSync(files.at(-1) as number);
        if (size !== shard.bytes) throw damaged(folder, `${shard.file}: got ${size} bytes, expected ${shard.bytes}`);
      }
    } catch (error) {
      for (const descriptor of files) closeSync(descriptor);
      throw error;
    }
    return new PackedDataset(folder, manifest, files);
  }

  /** All pixels of the dataset. */
  get pixels(): number {
    return this.images.reduce((sum, { width, height }) => sum + width * height, 0);
  }

  readRegion(image: PackedImage, left: number, top: number, width: number, height: number): ImageRegion {
    if (left < 0 || top < 0 || width < 1 || height < 1 || left + width > image.width || top + height > image.height) {
      throw new RangeError(
        `readRegion: got ${width}x${height} at (${left}, ${top}), expected a part of ${image.width}x${image.height}`,
      );
    }
    const rowBytes = 3 * image.width;
    const length = (height - 1) * rowBytes + 3 * width;
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    this.#read(image.shard, image.offset + top * rowBytes + 3 * left, length);
    return { bytes: this.#buffer, start: 0, rowBytes };
  }

  /**
   * Reads everything and compares the hashes of shards and images.
   * @throws HalfstepError "bad-dataset" naming the first shard or image that changed.
   */
  verify(): void {
    const shardHashes = this.#manifest.shards.map(() => createHash("sha256"));
    for (const image of this.images) {
      const { bytes } = this.readRegion(image, 0, 0, image.width, image.height);
      const pixels = bytes.subarray(0, 3 * image.width * image.height);
      if (createHash("sha256").update(pixels).digest("hex") !== image.sha256) {
        throw damaged(this.folder, `"${image.path}": got other pixels than were packed`);
      }
      shardHashes[image.shard]?.update(pixels);
    }
    for (const [index, shard] of this.#manifest.shards.entries()) {
      if (shardHashes[index]?.digest("hex") !== shard.sha256) {
        throw damaged(this.folder, `${shard.file}: its hash is not the one in ${MANIFEST_FILE}`);
      }
    }
  }

  /** Identity of the contents: SHA-256 over paths, sizes and pixel hashes in order. Does not depend on sharding. */
  contentHash(): string {
    const hash = createHash("sha256");
    for (const { path: name, width, height, sha256 } of this.images) {
      hash.update(`${JSON.stringify([name, width, height, sha256])}\n`);
    }
    return hash.digest("hex");
  }

  /** Closes the files. Closing twice is allowed. */
  close(): void {
    for (const descriptor of this.#files) closeSync(descriptor);
    this.#files = [];
  }

  #read(shard: number, position: number, length: number): void {
    const descriptor = this.#files[shard];
    if (descriptor === undefined) throw new TypeError(`PackedDataset "${this.folder}": read after close`);
    const file = path.join(this.folder, this.#manifest.shards[shard]?.file ?? "");
    for (let done = 0; done < length; ) {
      const from = done;
      const count = reading(file, () => readSync(descriptor, this.#buffer, from, length - from, position + from));
      if (count === 0) throw damaged(this.folder, `shard ${shard} became shorter while it was being read`);
      done += count;
    }
  }
}

function parseManifest(folder: string, text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(folder, `${MANIFEST_FILE} is not JSON (${(error as Error).message})`);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) throw damaged(folder, `${MANIFEST_FILE} does not fit:\n${z.prettifyError(parsed.error)}`);
  const contradiction = findManifestContradiction(parsed.data);
  if (contradiction !== undefined) throw damaged(folder, `${MANIFEST_FILE}: ${contradiction}`);
  return parsed.data;
}
