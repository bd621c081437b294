/** Codecs that stay open from one file to the next: one to encode with, and one for each model that streams name. */
import type { Codec } from "../../node.ts";
import { type CodecSource, NEW_CODECS } from "../open-codec.ts";

/** A source that gives the same codec every time. */
export interface KeptCodecs extends CodecSource {
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** Opens a codec when it is first asked for. If that fails, every request for it fails with the same error. */
export function keptCodecs(): KeptCodecs {
  const codecs = new Map<string, Promise<Codec>>();
  const kept = async (key: string, open: () => Promise<Codec>): Promise<Codec> => {
    const opening = codecs.get(key) ?? open();
    codecs.set(key, opening);
    return { ...(await opening), close: async () => undefined };
  };
  return {
    openCodec: (options, prepare) => kept("encode", () => NEW_CODECS.openCodec(options, prepare)),
    async openCodecFor(file, stream, options) {
      const { readHeader } = await import("../../index.ts");
      const identity = Buffer.from(readHeader(stream).modelIdentity).toString("hex");
      return kept(identity, () => NEW_CODECS.openCodecFor(file, stream, options));
    },
    async close() {
      const opened = await Promise.allSettled(codecs.values());
      await Promise.all(opened.map((codec) => (codec.status === "fulfilled" ? codec.value.close() : undefined)));
    },
  };
}
