/**
 * Finding the photographs of a folder and decoding them with sharp to the one form that training uses: 8-bit sRGB without
 * alpha. Files that do not look like images by their name are not touched; whether the others can be decoded is only known
 * after trying, so decoding reports failure as a value.
 */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { UsageError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";

/** Endings, in lower case, of the files that are taken for images. */
const IMAGE_EXTENSIONS: readonly string[] = [".avif", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"];

/** What a folder holds. */
export interface FolderListing {
  /** Paths of image files relative to the folder, with forward slashes, sorted by UTF-16 code unit. */
  readonly images: readonly string[];
  /** Number of other files; hidden files and folders (leading dot) are not counted. */
  readonly otherFiles: number;
}

/**
 * Lists a folder and its subfolders. Links to files are followed, links to folders are not (they can form circles).
 * @throws UsageError "missing-folder" when the folder does not exist or is a file.
 */
export async function listImageFolder(folder: string): Promise<FolderListing> {
  const root = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (root?.isDirectory() !== true) {
    const found = root === undefined ? "nothing there" : "a file";
    throw new UsageError(
      "missing-folder",
      `images folder "${folder}": got ${found}, expected a folder; check the path`,
    );
  }
  const images: string[] = [];
  let otherFiles = 0;
  const visit = async (relative: string): Promise<void> => {
    for (const entry of await readdir(path.join(folder, relative), { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const name = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) await visit(name);
      else if (IMAGE_EXTENSIONS.includes(path.extname(entry.name).toLowerCase())) images.push(name);
      else otherFiles++;
    }
  };
  await visit("");
  return { images: images.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), otherFiles };
}

/** A decoded image, or why there is none. */
export type Decoded = { readonly image: Image } | { readonly reason: string };

/**
 * Decodes one file: turned upright by its EXIF orientation, transparent parts laid on white, colours converted to sRGB by
 * the embedded profile, 16 bits reduced to 8, the first frame of an animation. Never throws for a file's contents.
 */
export async function decodeTrainingImage(file: string): Promise<Decoded> {
  try {
    const { data, info } = await sharp(file, { failOn: "error" })
      .autoOrient()
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return { reason: `decoded to ${info.channels} channels, expected 3` };
    return { image: { width: info.width, height: info.height, data } };
  } catch (error) {
    return { reason: (error as Error).message.split("\n", 1)[0] as string };
  }
}
