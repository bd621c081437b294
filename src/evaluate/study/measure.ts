/**
 * Measures one image with one codec at some settings: a real file, a real decoder, and the quality of the decoded picture. The codec that was
 * used last stays open. The first image of a size is coded once before anything is timed, because runtimes plan for a size (not with an effort).
 */
import { HalfstepError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";
import { readImage } from "../../image/read-image.ts";
import { loadCodec } from "../../models/load-codec.ts";
import { byMeasure, type MeasureName } from "../measures.ts";
import { findCodecs } from "./compared-codecs.ts";
import type { FileCodec } from "./file-codec.ts";

/** A codec of `COMPARED_CODECS`, or a model: what `loadCodec` takes, and the identity that it must have. */
export type Subject =
  | { readonly kind: "codec"; readonly name: string }
  | { readonly kind: "model"; readonly name: string; readonly identity: string; readonly effort: number };

/** An image to be coded by one codec at some settings, as plain data for another process. */
export interface Task {
  readonly image: string;
  readonly subject: Subject;
  readonly settings: readonly string[];
}

/** What one image gave at one setting. Of the measures, PSNR is null for an image that came back unchanged, and others for one that is too small. */
export interface Row extends Readonly<Record<MeasureName, number | null>> {
  readonly setting: string;
  readonly bytes: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
}

/** Does tasks one after the other. */
export class Measurer {
  #subject = "";
  #codec: FileCodec | undefined;
  #size = "";

  /** Yields the rows of a task as they are done. @throws {HalfstepError} as reading the image and opening the codec do. */
  async *measure({ image: file, subject, settings }: Task): AsyncGenerator<Row> {
    const codec = await this.#open(subject);
    const { image } = await readImage(file);
    const size = `${image.width}x${image.height}`;
    if (size !== this.#size && settings[0] !== undefined) {
      // An encoder that looks for better latents takes so long that its plans do not count.
      const hasEffort = subject.kind === "model" && subject.effort > 0;
      if (!hasEffort) await codec.decode(await codec.encode(image, settings[0]));
      this.#size = size;
    }
    for (const setting of settings) yield measureOnce(codec, image, setting, `${file}: ${subject.name}`);
  }

  /** Closes the codec that is open. */
  async close(): Promise<void> {
    await this.#codec?.close();
    this.#codec = undefined;
  }

  async #open(subject: Subject): Promise<FileCodec> {
    const wanted = JSON.stringify(subject);
    if (this.#codec !== undefined && this.#subject === wanted) return this.#codec;
    await this.close();
    this.#codec =
      subject.kind === "model"
        ? await openModel(subject.name, subject.identity, subject.effort)
        : findCodecs([subject.name])[0]!.open();
    this.#subject = wanted;
    this.#size = "";
    return this.#codec;
  }
}

async function measureOnce(codec: FileCodec, image: Image, setting: string, where: string): Promise<Row> {
  const startMs = performance.now();
  const file = await codec.encode(image, setting);
  const encodedMs = performance.now();
  const decoded = await codec.decode(file);
  const decodedMs = performance.now();
  if (decoded.width !== image.width || decoded.height !== image.height) {
    throw new HalfstepError(
      "wrong-size",
      `${where}: got ${decoded.width} x ${decoded.height} pixels back, expected ${image.width} x ${image.height}`,
    );
  }
  return {
    setting,
    bytes: file.length,
    ...byMeasure((_, { measure }) => measure(image, decoded)),
    encodeMs: encodedMs - startMs,
    decodeMs: decodedMs - encodedMs,
  };
}

/**
 * A model as a codec: the setting of one of variable rate is its quality, that of one of fixed rate is not looked at.
 * @param identity of the model that is meant. Default: whichever has the name.
 * @param effort of its encoder, 0..9
 * @throws {HalfstepError} `wrong-identity` for another model of the name; what `loadCodec` throws
 */
export async function openModel(model: string, identity?: string, effort = 0): Promise<FileCodec> {
  const codec = await loadCodec({ model });
  if (identity !== undefined && codec.model.identity !== identity) {
    await codec.close();
    throw new HalfstepError(
      "wrong-identity",
      `model "${model}": got the identity ${codec.model.identity}, expected ${identity}, which was measured; measure it again`,
    );
  }
  const isVariable = codec.model.lambdaRange !== null;
  return {
    async encode(image, setting) {
      const quality = isVariable ? { quality: Number(setting) } : {};
      const { bytes } = await codec.encode(image, { ...quality, effort });
      return bytes;
    },
    decode: (file) => codec.decode(file),
    close: () => codec.close(),
  };
}
