/**
 * Packs a folder of photographs once, so that decoding never sits in the training loop: raw 8-bit RGB shards and a
 * manifest. The result appears under its name only when it is complete; after a failure or an abort nothing is left.
 *
 * It refuses to write over anything but a packed dataset. Unless it is told to skip files that cannot be read, it refuses them: a
 * training set that shrank silently makes runs incomparable.
 */
import { createHash, type Hash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { cannotWrite, makeFolder, naming, removingAfter } from "../../atomic-file.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";
import { type Decoded, decodeTrainingImage, listImageFolder } from "./image-folder.ts";
import {
  MANIFEST_FILE,
  MANIFEST_VERSION,
  type Manifest,
  type PackedImage,
  type PackedShard,
  type SkippedImage,
} from "./manifest.ts";

/** Largest shard, in bytes. */
const MAX_SHARD_BYTES: number = 256 * 2 ** 20;
/** Images that are decoded ahead of the one being written. */
const DECODE_AHEAD = 3;

/** Options of {@link packFolder}. */
export interface PackOptions {
  /** Leave out files that cannot be decoded and list them, instead of failing. Default false. */
  readonly skipUnreadable?: boolean;
  /** Replace a packed dataset that is already there. Default false. */
  readonly force?: boolean;
  /** Largest shard in bytes, at most (and by default) {@link MAX_SHARD_BYTES}. Images above it count as unreadable. */
  readonly maxShardBytes?: number;
  /** Called after every image. */
  readonly onProgress?: (progress: PackProgress) => void;
  /** Stops the packing; the promise rejects with the signal's reason and everything written is removed. */
  readonly signal?: AbortSignal;
}

/** How far {@link packFolder} is. */
export interface PackProgress {
  readonly done: number;
  readonly total: number;
  /** The file that was just finished, relative to the folder. */
  readonly path: string;
}

/** What {@link packFolder} made. */
export interface PackSummary {
  readonly out: string;
  readonly images: number;
  readonly pixels: number;
  readonly bytes: number;
  readonly shards: number;
  readonly skipped: readonly SkippedImage[];
  /** Files that were not taken for images by their name. */
  readonly otherFiles: number;
  /** What reading changed, and in how many images. */
  readonly notes: readonly { readonly note: string; readonly images: number }[];
}

/**
 * Packs all images of a folder and its subfolders, in sorted order, into the folder `out`.
 * @throws UsageError "missing-folder" or "no-images" for the source; "output-exists" when `out` is there and is not a
 *   packed dataset, or is one and `force` is not set.
 * @throws HalfstepError "unreadable-images" naming the first files, unless `skipUnreadable`; also when none is readable.
 *   "cannot-write" for a failure of the file system at `out`.
 */
export async function packFolder(folder: string, out: string, options: PackOptions = {}): Promise<PackSummary> {
  const { skipUnreadable = false, force = false, maxShardBytes = MAX_SHARD_BYTES, onProgress, signal } = options;
  if (!Number.isInteger(maxShardBytes) || maxShardBytes < 3 || maxShardBytes > MAX_SHARD_BYTES) {
    throw new RangeError(`packFolder: maxShardBytes: got ${maxShardBytes}, expected 3..${MAX_SHARD_BYTES}`);
  }
  signal?.throwIfAborted();
  await checkOutput(out, force);
  const { images: names, otherFiles } = await listImageFolder(folder);
  if (names.length === 0) {
    throw new UsageError(
      "no-images",
      `images folder "${folder}": got ${otherFiles} files but no image among them; expected JPEG, PNG, WebP, AVIF, TIFF or GIF files`,
    );
  }
  const temporary = `${path.resolve(out)}.packing-${process.pid}`;
  await naming(out, () => rm(temporary, { recursive: true, force: true }));
  makeFolder(path.dirname(temporary));
  await naming(out, () => mkdir(temporary));
  const writer = new ShardWriter(out, temporary, maxShardBytes);
  const pack = async (): Promise<PackSummary> => {
    const skipped: SkippedImage[] = [];
    const notes = new Map<string, number>();
    const pending: Promise<Decoded>[] = [];
    for (const [index, name] of names.entries()) {
      signal?.throwIfAborted();
      for (let ahead = index + pending.length; ahead < names.length && pending.length <= DECODE_AHEAD; ahead++) {
        pending.push(decodeTrainingImage(path.join(folder, names[ahead]!)));
      }
      let decoded = await (pending.shift() as Promise<Decoded>);
      if (!("image" in decoded)) {
        // libvips keeps its message where every decoder of the process writes. With one decoder at a time, the message is that of this file.
        await Promise.all(pending);
        decoded = await decodeTrainingImage(path.join(folder, name));
      }
      decoded = fitToShard(decoded, maxShardBytes);
      if ("image" in decoded) {
        await writer.add(name, decoded.image);
        for (const note of decoded.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
      } else skipped.push({ path: name, reason: decoded.reason });
      onProgress?.({ done: index + 1, total: names.length, path: name });
    }
    if (skipped.length > 0 && (!skipUnreadable || writer.images.length === 0)) {
      throw unreadable(folder, skipped, names.length, skipUnreadable);
    }
    const shards = await writer.finish();
    const manifest: Manifest = {
      format: "halfstep-packed-images",
      version: MANIFEST_VERSION,
      shards,
      images: writer.images,
      skipped,
    };
    const text = `${JSON.stringify(manifest, null, 1)}\n`;
    await naming(out, () => writeFile(path.join(temporary, MANIFEST_FILE), text, { flush: true }));
    signal?.throwIfAborted();
    await replaceFolder(temporary, out);
    const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    return {
      out,
      images: writer.images.length,
      pixels: bytes / 3,
      bytes,
      shards: shards.length,
      skipped,
      otherFiles,
      notes: [...notes].map(([note, images]) => ({ note, images })),
    };
  };
  // Windows removes no folder in which a file is open.
  return removingAfter(temporary, () => pack().finally(() => writer.close()));
}

function fitToShard(decoded: Decoded, maxShardBytes: number): Decoded {
  if (!("image" in decoded) || decoded.image.data.length <= maxShardBytes) return decoded;
  const { width, height } = decoded.image;
  return { reason: `${width}x${height} pixels are more than one shard of ${maxShardBytes} bytes holds; scale it down` };
}

function unreadable(folder: string, skipped: readonly SkippedImage[], total: number, skip: boolean): HalfstepError {
  const first = skipped.slice(0, 5).map(({ path: name, reason }) => `\n  ${name}: ${reason}`);
  const more = skipped.length > first.length ? `\n  and ${skipped.length - first.length} more` : "";
  const advice = skip
    ? "expected at least one readable image"
    : "expected all to be readable; repair, remove or skip them";
  return new HalfstepError(
    "unreadable-images",
    `images folder "${folder}": got ${skipped.length} of ${total} files that cannot be read, ${advice}:${first.join("")}${more}`,
  );
}

async function checkOutput(out: string, force: boolean): Promise<void> {
  if (!existsSync(out)) return;
  const entries = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOTDIR") return ["a file"];
    throw cannotWrite(out, error);
  });
  if (entries.length === 0) return;
  const isPacked =
    entries.includes(MANIFEST_FILE) && entries.every((e) => e === MANIFEST_FILE || e.startsWith("shard-"));
  if (isPacked && force) return;
  const advice = isPacked ? "pass --force to replace the packed images" : "choose another place (it holds other files)";
  throw new UsageError("output-exists", `output "${out}": got something that exists, expected a new folder; ${advice}`);
}

/** Gives the temporary folder its name. The renames are synchronous, so that no signal comes between them. */
async function replaceFolder(temporary: string, out: string): Promise<void> {
  if (!existsSync(out)) return naming(out, async () => renameSync(temporary, out));
  const old = `${path.resolve(out)}.old-${process.pid}`;
  await naming(out, async () => {
    renameSync(out, old);
    try {
      renameSync(temporary, out);
    } catch (error) {
      renameSync(old, out);
      throw error;
    }
  });
  await removingAfter(old, async () => undefined);
}

/** Appends images to numbered files, hashing as it goes. */
class ShardWriter {
  readonly images: PackedImage[] = [];
  readonly #out: string;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #shards: PackedShard[] = [];
  #file: FileHandle | undefined;
  #hash: Hash = createHash("sha256");
  #bytes = 0;

  /**
   * @param out the folder that errors name
   * @param folder where the shards are written
   */
  constructor(out: string, folder: string, maxBytes: number) {
    this.#out = out;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  async add(name: string, image: Image): Promise<void> {
    const { width, height, data } = image;
    if (this.#bytes + data.length > this.#maxBytes) await this.#finishShard();
    await naming(this.#out, async () => {
      this.#file ??= await open(path.join(this.#folder, this.#name()), "wx");
      await this.#file.writeFile(data);
    });
    this.#hash.update(data);
    const sha256 = createHash("sha256").update(data).digest("hex");
    this.images.push({ path: name, shard: this.#shards.length, offset: this.#bytes, width, height, sha256 });
    this.#bytes += data.length;
  }

  async finish(): Promise<readonly PackedShard[]> {
    if (this.#bytes > 0) await this.#finishShard();
    return this.#shards;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #name(): string {
    return `shard-${String(this.#shards.length).padStart(4, "0")}.rgb`;
  }

  async #finishShard(): Promise<void> {
    await naming(this.#out, async () => {
      await this.#file?.sync();
      await this.close();
    });
    this.#shards.push({ file: this.#name(), bytes: this.#bytes, sha256: this.#hash.digest("hex") });
    this.#hash = createHash("sha256");
    this.#bytes = 0;
  }
}
