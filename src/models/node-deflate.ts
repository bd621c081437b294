/** Deflate by Node's zlib, for the alpha plane of streams. */
import { constants, createDeflateRaw, createInflateRaw } from "node:zlib";
import { type Deflate, joined } from "../codec/alpha/deflate.ts";

/** Bytes of a part that is made at a time. */
const PART_BYTES = 65536;

/** By streams of `node:zlib`. */
export const nodeDeflate: Deflate = {
  compressor() {
    const deflate = createDeflateRaw({ level: constants.Z_BEST_COMPRESSION, memLevel: 9, chunkSize: PART_BYTES });
    const parts: Uint8Array[] = [];
    deflate.on("data", (part: Uint8Array) => parts.push(part));
    // The caller that writes or finishes gets the failure. Without a listener it would end the process.
    deflate.on("error", () => undefined);
    return {
      write: (part) =>
        new Promise((resolve, reject) => {
          deflate.write(part, (error) => (error ? reject(error) : resolve()));
        }),
      finish: () =>
        new Promise((resolve, reject) => {
          deflate.once("error", reject);
          deflate.once("end", () => resolve(joined(parts)));
          deflate.end();
        }),
      async abandon() {
        deflate.destroy();
      },
    };
  },
  async *expand(bytes) {
    const inflate = createInflateRaw({ chunkSize: PART_BYTES });
    inflate.end(bytes);
    for await (const part of inflate) yield part as Uint8Array;
    if (inflate.bytesWritten !== bytes.length) {
      throw new Error(`${bytes.length - inflate.bytesWritten} bytes after the end`);
    }
  },
};
