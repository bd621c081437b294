/**
 * Finding the photographs of a folder and decoding them to the one form that training uses: 8-bit sRGB without alpha. Files that do not look like images
 * by their name are not touched; whether the others can be decoded is only known
 * after trying, so decoding reports failure as a value.
 */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { HalfstepError, UsageError } from "../../errors.ts";
import { type ReadImage, readImage } from "../../image/read-image.ts";

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

/** A decoded image and what reading it changed, or the reason why it could not be read. */
export type Decoded = ReadImage | { readonly reason: string };

/** Decodes one file as all commands read pictures, transparent parts laid on white. Never throws for a file's contents. */
export async function decodeTrainingImage(file: string): Promise<Decoded> {
  try {
    return await readImage(file);
  } catch (error) {
    if (!(error instanceof HalfstepError)) throw error;
    // The list of left-out files names the file already.
    return { reason: error.message.startsWith(`${file}: `) ? error.message.slice(file.length + 2) : error.message };
  }
}
