/** Files as sharp is to read them, and running sharp on them: its failures become sentences. Based on sharp (libvips). */
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import process from "node:process";
import { buffer } from "node:stream/consumers";
import sharp, { type Sharp } from "sharp";
import { HalfstepError } from "../../errors.ts";
import { inputName, STANDARD_STREAM } from "../../standard-stream.ts";
import { type ByteReader, bytesReader } from "../formats/byte-reader.ts";
import { foreignFormat, SIGNATURE_BYTES } from "../formats/foreign-format.ts";

/** Names of the formats that are read, by sharp's name. sharp calls the family of AVIF "heif". */
export const READABLE_FORMATS: ReadonlyMap<string, string> = new Map([
  ["jpeg", "JPEG"],
  ["png", "PNG"],
  ["webp", "WebP"],
  ["heif", "AVIF"],
  ["tiff", "TIFF"],
  ["gif", "GIF"],
]);

/** Those names, for messages. */
const READABLE_LIST: string = [...READABLE_FORMATS.values()].join(", ");

/** How many bytes of a file an error message shows. */
const SHOWN_BYTES = 16;

/** A file for sharp to read, and what its error messages need. */
export interface ImageFile {
  /** What messages call it. */
  readonly name: string;
  /** Its bytes, or the path from which sharp reads them. */
  readonly input: Uint8Array | string;
  /** Its bytes by positions; of a file on the disk only while that is open. */
  readonly reader: ByteReader;
  /** Its first bytes, {@link SIGNATURE_BYTES} of them if there are as many. */
  readonly start: Uint8Array;
}

/** Bytes at hand as a file. @param name what messages call it */
export function fileOfBytes(bytes: Uint8Array, name: string): ImageFile {
  return { name, input: bytes, reader: bytesReader(bytes), start: bytes.subarray(0, SIGNATURE_BYTES) };
}

/**
 * Gives a file of the disk to `work`, open while that runs. What is not a regular file (a pipe, or standard input by the name "-") is read
 * into memory first.
 * @throws {HalfstepError} `cannot-read`
 */
export async function withImageFile<Result>(path: string, work: (file: ImageFile) => Promise<Result>): Promise<Result> {
  const bytes = await bytesUnlessRegular(path);
  if (bytes !== null) return work(fileOfBytes(bytes, inputName(path)));
  const handle = await open(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  try {
    return await work(await fileOfHandle(path, handle));
  } finally {
    await handle.close();
  }
}

/** Null for a regular file. @throws {HalfstepError} `cannot-read` */
async function bytesUnlessRegular(path: string): Promise<Uint8Array | null> {
  try {
    if (path === STANDARD_STREAM) return await buffer(process.stdin);
    // libvips takes what stands in square brackets at the end of a name for options.
    return (await stat(path)).isFile() && !path.includes("[") ? null : await readFile(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** @throws {HalfstepError} `cannot-read` */
async function fileOfHandle(path: string, handle: FileHandle): Promise<ImageFile> {
  try {
    const { size } = await handle.stat();
    const read = async (position: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      if (bytes.length === 0) return bytes;
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
      return bytes.subarray(0, bytesRead);
    };
    return { name: path, input: path, reader: { byteLength: size, read }, start: await read(0, SIGNATURE_BYTES) };
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** How {@link sharpen} runs sharp. */
export interface SharpOptions {
  /** Take no notice of an embedded profile. Default false. */
  readonly ignoreIcc?: boolean;
  /**
   * What to refuse. "error", the default, also refuses files that end too early, yet lets pass what every viewer shows (stray bytes between
   * JPEG markers).
   */
  readonly failOn?: "error" | "warning";
  /** Told what sharp did not like and passed over. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Runs one sharp pipeline on a file. The size limits are checked by the caller, with numbers in the message.
 * @throws {HalfstepError} `not-an-image`
 */
export async function sharpen<Result>(
  file: ImageFile,
  pipeline: (source: Sharp) => Promise<Result>,
  { ignoreIcc = false, failOn = "error", onWarning }: SharpOptions = {},
): Promise<Result> {
  if (file.reader.byteLength === 0) {
    throw new HalfstepError("not-an-image", `${file.name}: got an empty file, expected ${READABLE_LIST}`);
  }
  try {
    const source = sharp(file.input, { failOn, limitInputPixels: false, ignoreIcc });
    if (onWarning !== undefined) source.on("warning", onWarning);
    return await pipeline(source);
  } catch (error) {
    throw foreign(file, error) ?? damaged(file, error);
  }
}

/** The error of a file that is of a format that is not read. */
function foreign({ name, start }: ImageFile, cause: unknown): HalfstepError | null {
  const format = foreignFormat(start);
  return format === null ? null : notRead(name, format, { cause });
}

/** The error `not-an-image` for a kind of file that is not read, with its name. */
export function notRead(name: string, what: string, options?: ErrorOptions): HalfstepError {
  return new HalfstepError(
    "not-an-image",
    `${name}: got ${what}, which is not read; expected ${READABLE_LIST}; convert it first`,
    options,
  );
}

function damaged({ name, start, reader }: ImageFile, error: unknown): HalfstepError {
  const reason = (error instanceof Error ? error.message : String(error)).split("\n").at(-1);
  const shown = Buffer.from(start.subarray(0, SHOWN_BYTES))
    .toString("latin1")
    .replace(/[^ -~]/g, ".");
  return new HalfstepError(
    "not-an-image",
    `${name}: got ${reader.byteLength} bytes that start with "${shown}" and do not decode (${reason}), ` +
      `expected an undamaged ${READABLE_LIST}; check the file`,
    { cause: error },
  );
}

/** The error of a file that the file system does not give. */
function cannotRead(path: string, error: unknown): HalfstepError {
  return new HalfstepError("cannot-read", `${path}: ${readFailure(error)}`, { cause: error });
}

function readFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (code === "ENOENT") return "no such file; check the path";
  if (code === "EISDIR") return "is a folder, expected an image file; name a file in it";
  if (code === "EACCES" || code === "EPERM") return `may not be read (${code}); check its permissions`;
  return `cannot be read (${code}: ${error instanceof Error ? error.message : String(error)})`;
}
