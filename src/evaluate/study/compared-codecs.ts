/**
 * The codecs that Halfstep is compared with, each with the settings it is used with and a ladder of qualities. All but JPEG XL
 * are those of sharp (libvips), with one thread each. A codec gives a whole file, and the picture that its decoder makes of it is
 * judged.
 */
import sharp, { type Sharp } from "sharp";
import { UsageError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";
import { decodeImage } from "../../image/read-image.ts";
import { encodeJpeg, type JpegOptions } from "../jpeg.ts";
import type { FileCodec } from "./file-codec.ts";
import { jpegXl, jpegXlVersion } from "./jpeg-xl.ts";

/** A codec in words, and how it is opened. */
export interface ComparedCodec {
  /** As in `--codecs`. */
  readonly name: string;
  /** As in legends. */
  readonly label: string;
  /** Everything that was set. */
  readonly settings: string;
  /** Default qualities, from small files to large ones. */
  readonly ladder: readonly number[];
  /** Version of the library or program that encodes. @throws {HalfstepError} if it is not there. */
  readonly version: () => Promise<string>;
  readonly open: () => FileCodec;
}

const JPEG_LADDER = [5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 95];
const WEBP_EFFORT = 4;
const AVIF_EFFORT = 4;

/** All of them, in the order in which they are listed. */
export const COMPARED_CODECS: readonly ComparedCodec[] = [
  jpeg("jpeg", "JPEG (mozjpeg, 4:2:0)", "mozjpeg with trellis, progressive, 4:2:0", {}),
  jpeg("jpeg444", "JPEG (mozjpeg, 4:4:4)", "mozjpeg with trellis, progressive, 4:4:4", { chromaSubsampling: "4:4:4" }),
  bySharp({
    name: "jpeg-baseline",
    label: "JPEG (libjpeg defaults)",
    settings:
      "baseline, 4:2:0, standard Huffman tables, no trellis: what libraries write when nothing is asked of them",
    ladder: JPEG_LADDER,
    libraries: ["mozjpeg"],
    encode: (source, quality) => source.jpeg({ quality, mozjpeg: false, optimiseCoding: false }),
  }),
  bySharp({
    name: "webp",
    label: "WebP",
    settings: `lossy, effort ${WEBP_EFFORT}, 4:2:0`,
    ladder: [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95],
    libraries: ["webp"],
    encode: (source, quality) => source.webp({ quality, effort: WEBP_EFFORT }),
  }),
  avif("avif", "AVIF (4:4:4)", "psnr"),
  avif("avif-iq", "AVIF (4:4:4, tune iq)", "iq"),
  {
    name: "jxl",
    label: "JPEG XL",
    settings: "cjxl at its default effort 7, XYB, quality by -q, one thread; times include starting the programs",
    ladder: [5, 15, 30, 40, 50, 60, 70, 80, 90, 95],
    version: jpegXlVersion,
    open: jpegXl,
  },
];

/** The codecs of these names, in their order. @throws {UsageError} `unknown-codec`, with the list. */
export function findCodecs(names: readonly string[]): readonly ComparedCodec[] {
  return names.map((name) => {
    const found = COMPARED_CODECS.find((codec) => codec.name === name);
    if (found !== undefined) return found;
    const known = COMPARED_CODECS.map((codec) => codec.name).join(", ");
    throw new UsageError("unknown-codec", `--codecs: got "${name}", expected some of ${known}`);
  });
}

function jpeg(name: string, label: string, settings: string, options: Omit<JpegOptions, "quality">): ComparedCodec {
  return {
    name,
    label,
    settings,
    ladder: JPEG_LADDER,
    version: async () => libraryVersion(["mozjpeg"]),
    open: () => ({
      encode: (image, setting) => encodeJpeg(image, { ...options, quality: Number(setting) }),
      decode: decodeBySharp,
      close: async () => undefined,
    }),
  };
}

/**
 * `tune` says what the encoder's decisions minimise: `psnr` the squared error, `iq` (what sharp takes when nothing is asked of
 * it) what people see, at the cost of PSNR. Measured on Kodak: docs/log/0013-evaluation.md.
 */
function avif(name: string, label: string, tune: "psnr" | "iq"): ComparedCodec {
  return bySharp({
    name,
    label,
    settings: `AV1, effort ${AVIF_EFFORT} of 0..9, 4:4:4, 8 bits, tune=${tune}`,
    ladder: [10, 20, 30, 40, 50, 60, 70, 80, 90],
    libraries: ["aom", "heif"],
    encode: (source, quality) => source.avif({ quality, effort: AVIF_EFFORT, chromaSubsampling: "4:4:4", tune }),
  });
}

interface SharpCodec extends Omit<ComparedCodec, "version" | "open"> {
  readonly libraries: readonly ("mozjpeg" | "webp" | "aom" | "heif")[];
  readonly encode: (source: Sharp, quality: number) => Sharp;
}

function bySharp({ libraries, encode, ...described }: SharpCodec): ComparedCodec {
  return {
    ...described,
    version: async () => libraryVersion(libraries),
    open: () => ({
      encode: ({ data, width, height }, setting) =>
        encode(sharp(data, { raw: { width, height, channels: 3 } }), Number(setting)).toBuffer(),
      decode: decodeBySharp,
      close: async () => undefined,
    }),
  };
}

async function decodeBySharp(file: Uint8Array): Promise<Image> {
  return (await decodeImage(file, "encoded file")).image;
}

function libraryVersion(libraries: SharpCodec["libraries"]): string {
  const versions: Readonly<Record<string, string | undefined>> = sharp.versions;
  const named = libraries.map((library) => `${library} ${versions[library] ?? "of unknown version"}`).join(", ");
  return `${named} (sharp ${versions.sharp ?? "of unknown version"})`;
}
