/** A worker's codec: one picture's bytes to those of a stream, as `halfstep compress` makes them of a file. */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { HalfstepError, UsageError } from "../errors.ts";
import type { Codec } from "../node.ts";
import { type CodecOptions, openCodec } from "./open-codec.ts";

/** What codes a picture. */
type CodePicture = (
  picture: Uint8Array,
  settings: { readonly quality?: number | undefined; readonly rounding?: "economical" | "nearest" | undefined },
) => Promise<Uint8Array>;

/** A worker's one model, opened when it is first needed. */
export class WorkerCodec {
  readonly #options: CodecOptions;
  readonly #work: string;
  #codec: Promise<Codec> | undefined;

  /** @param work a folder for temporary files */
  constructor(options: CodecOptions, work: string) {
    this.#options = options;
    this.#work = work;
  }

  /** What codes with the model of an identity. @throws {UsageError} `other-model` where this worker's is another */
  async codecFor(identity: string): Promise<CodePicture> {
    this.#codec ??= openCodec(this.#options, "encode");
    const codec = await this.#codec;
    if (codec.model.identity === identity) return (picture, settings) => this.#code(codec, picture, settings);
    throw new UsageError(
      "other-model",
      `worker: got pictures for the model ${identity.slice(0, 12)}, expected ${codec.model.identity.slice(0, 12)} (${codec.model.name}), which this worker has; start workers with --model`,
    );
  }

  async close(): Promise<void> {
    await (await this.#codec)?.close();
  }

  async #code(codec: Codec, picture: Uint8Array, settings: Parameters<CodePicture>[1]): Promise<Uint8Array> {
    const { quality, rounding } = settings;
    const { openImage } = await import("../image/bands/open-image.ts");
    const file = path.join(this.#work, `picture-${randomUUID()}`);
    try {
      await writeFile(file, picture);
      const { source, close } = await openImage(file, { temporaryFolder: this.#work, background: null });
      try {
        const { bytes } = await codec.encodeFrom(source, {
          ...(quality === undefined ? {} : { quality }),
          ...(rounding === "nearest" ? { bitsPerSquaredStep: Number.POSITIVE_INFINITY } : {}),
        });
        return bytes;
      } finally {
        await close();
      }
    } catch (error) {
      if (!(error instanceof HalfstepError) || error.code === "cannot-write") throw error;
      // The name of a temporary file says nothing to anybody.
      const message = error.message.replaceAll(`${file}: `, "").replaceAll(file, "the picture");
      throw new HalfstepError("bad-picture", message, { cause: error });
    } finally {
      await rm(file, { force: true });
    }
  }
}
