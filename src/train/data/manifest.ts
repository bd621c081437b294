/**
 * The manifest of a packed dataset: what `manifest.json` beside the shards says, and how it is checked. Shards are raw
 * 8-bit interleaved RGB, image after image, so that offset and size are all that is needed to read one.
 */
import { z } from "zod";

/** Name of the manifest inside a packed dataset. */
export const MANIFEST_FILE = "manifest.json";
/** The version that this code writes and reads. */
export const MANIFEST_VERSION = 1;

const sha256: z.ZodString = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hexadecimal");
const size: z.ZodInt = z.int().positive();

const packedImageSchema: z.ZodType<PackedImage> = z.strictObject({
  path: z.string().min(1),
  shard: z.int().nonnegative(),
  offset: z.int().nonnegative(),
  width: size,
  height: size,
  sha256,
});

/** Schema of `manifest.json`. */
export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  format: z.literal("halfstep-packed-images"),
  version: z.literal(MANIFEST_VERSION),
  shards: z.array(z.strictObject({ file: z.string().regex(/^shard-\d+\.rgb$/), bytes: size, sha256 })).min(1),
  images: z.array(packedImageSchema).min(1),
  skipped: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
});

/** One image of a packed dataset. */
export interface PackedImage {
  /** Path of the source relative to the packed folder, with forward slashes. */
  readonly path: string;
  /** Index into the manifest's `shards`. */
  readonly shard: number;
  /** Byte at which the image's 3 * width * height bytes begin in its shard. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the pixels, in hexadecimal. */
  readonly sha256: string;
}

/** One file of raw pixels. */
export interface PackedShard {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A source file that could not be decoded. */
export interface SkippedImage {
  readonly path: string;
  readonly reason: string;
}

/** Contents of `manifest.json`. */
export interface Manifest {
  readonly format: "halfstep-packed-images";
  readonly version: 1;
  readonly shards: readonly PackedShard[];
  readonly images: readonly PackedImage[];
  readonly skipped: readonly SkippedImage[];
}

/**
 * What a well-typed manifest gets wrong about itself: images outside their shard, overlapping or leaving holes, or a path
 * listed twice. @returns the first contradiction, or undefined.
 */
export function findManifestContradiction(manifest: Manifest): string | undefined {
  const filled = manifest.shards.map(() => 0);
  const paths = new Set<string>();
  for (const [index, image] of manifest.images.entries()) {
    const where = `images[${index}] ("${image.path}")`;
    const expected = filled[image.shard];
    if (expected === undefined) return `${where}: shard ${image.shard} of ${manifest.shards.length}`;
    if (image.offset !== expected) return `${where}: offset ${image.offset}, expected ${expected}`;
    filled[image.shard] = expected + 3 * image.width * image.height;
    if (paths.has(image.path)) return `${where}: listed twice`;
    paths.add(image.path);
  }
  for (const [index, shard] of manifest.shards.entries()) {
    if (filled[index] !== shard.bytes)
      return `shards[${index}]: ${shard.bytes} bytes, but its images hold ${filled[index]}`;
  }
  return undefined;
}
