/** A worker's codec: makes of a picture's bytes the stream that `halfstep compress` would make of the file. */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { HalfstepError, UsageError } from "../errors.ts";
import type { Codec } from "../node.ts";
import { type KeptCodecs, keptCodecs } from "./batch/kept-codecs.ts";
import { type EncodeWords, encodeSettings, openPicture } from "./compress/picture-to-encode.ts";
import { warningOfWritten } from "./compress/warning-of-written.ts";
import type { CodecOptions } from "./open-codec.ts";

/** What codes a picture. */
type CodePicture = (picture: Uint8Array, words: EncodeWords) => Promise<CodedPicture>;

interface CodedPicture {
  readonly stream: Uint8Array;
  /** What reading it changed, and the warning of one that comes back far worse than its quality promises. */
  readonly notes: readonly string[];
}

/** A worker's one model, opened when it is first needed. */
export class WorkerCodec {
  readonly #options: CodecOptions;
  readonly #work: string;
  readonly #codecs: KeptCodecs = keptCodecs();

  /** @param work a folder for temporary files */
  constructor(options: CodecOptions, work: string) {
    this.#options = options;
    this.#work = work;
  }

  /** A function that codes with the model of this identity. @throws {UsageError} `other-model` if this worker has another model */
  async codecFor(identity: string): Promise<CodePicture> {
    const codec = await this.#codecs.openCodec(this.#options, "encode");
    if (codec.model.identity === identity) return (picture, words) => this.#code(codec, picture, words);
    throw new UsageError(
      "other-model",
      `worker: got pictures for the model ${identity.slice(0, 12)}, expected ${codec.model.identity.slice(0, 12)} (${codec.model.name}), which this worker has; start workers with --model`,
    );
  }

  close(): Promise<void> {
    return this.#codecs.close();
  }

  async #code(codec: Codec, picture: Uint8Array, words: EncodeWords): Promise<CodedPicture> {
    const settings = encodeSettings(words);
    const file = path.join(this.#work, `picture-${randomUUID()}`);
    try {
      await writeFile(file, picture);
      const { source, notes, close } = await openPicture(codec, file, { settings, temporaryFolder: this.#work });
      try {
        const encoded = await codec.encodeFrom(source, settings);
        const warning = await warningOfWritten({ codec, source, encoded, psnrDb: null, settings });
        return { stream: encoded.bytes, notes: warning === null ? notes : [...notes, `warning: ${warning}`] };
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
