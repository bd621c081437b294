/** What a codec is to a measurement: from pixels to a whole file and back. */
import type { Image } from "../../image/image.ts";

/** A codec that is ready to work, at settings that are named by a text. */
export interface FileCodec {
  /** The whole file. */
  encode(image: Image, setting: string): Promise<Uint8Array>;
  /** What a viewer shows for it, as 8-bit RGB. */
  decode(file: Uint8Array): Promise<Image>;
  /** Releases what it holds. */
  close(): Promise<void>;
}
