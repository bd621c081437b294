/** A codec that answers the calls of another thread. */
import type { EncodeOptions, EncodeResult, ImageCodec } from "../codec/image-codec.ts";
import type { ModelInfo } from "../codec/model/model-info.ts";
import type { ImageSource, RowBand } from "../image/image-rows.ts";
import type { CodecCalls, SourceCalls, TravellingOptions } from "./codec-calls.ts";
import { movable, Peer, type Post } from "./peer.ts";

/** A codec that says which model it has. */
export interface ServedCodec extends ImageCodec {
  readonly model: ModelInfo;
}

/** Pixels whose memory may move to another thread. */
function moving<Pixels extends { readonly data: Uint8Array; readonly alpha?: Uint8Array }>(pixels: Pixels) {
  const data = movable(pixels.data);
  const alpha = pixels.alpha === undefined ? undefined : movable(pixels.alpha);
  return {
    gives: { ...pixels, data, ...(alpha && { alpha }) },
    transfer: alpha === undefined ? [data.buffer] : [data.buffer, alpha.buffer],
  };
}

/**
 * The side that has the codec.
 * @param post sends messages to the side that asks; hand its messages to `receive`
 * @param open makes the codec when it is asked to
 */
export function serveCodec<Opening>(
  post: Post,
  open: (opening: Opening) => Promise<ServedCodec>,
): Peer<SourceCalls, CodecCalls<Opening>> {
  let opened: ServedCodec | null = null;
  const codec = (): ServedCodec => {
    if (opened === null) throw new Error("internal: the codec of this thread was not opened");
    return opened;
  };
  const decoding = new Map<number, AsyncIterator<RowBand>>();
  let count = 0;
  const stops = new Map<number, AbortController>();
  /** Encodes with the options as they were before they travelled. */
  const encoding = async (
    { options, encoding: id, isWatched }: TravellingOptions,
    encode: (options: EncodeOptions) => Promise<EncodeResult>,
  ): Promise<EncodeResult> => {
    const stop = new AbortController();
    stops.set(id, stop);
    const onProgress: EncodeOptions["onProgress"] = (progress) => {
      // Nobody waits for an answer; a thread that is gone ends this one too.
      peer.ask("progress", { encoding: id, progress }).catch(() => undefined);
    };
    try {
      return await encode({ ...options, signal: stop.signal, ...(isWatched && { onProgress }) });
    } finally {
      stops.delete(id);
    }
  };
  const peer = new Peer<SourceCalls, CodecCalls<Opening>>(post, {
    async open(opening) {
      opened = await open(opening);
      return { gives: opened.model };
    },
    async encode({ image, ...travelling }) {
      const gives = await encoding(travelling, (options) => codec().encode(image, options));
      return { gives, transfer: [gives.bytes.buffer] };
    },
    async encodeFrom({ source, width, height, hasAlpha, ...travelling }) {
      const rows: ImageSource = {
        width,
        height,
        readRows: (top, count) => peer.ask("readRows", { source, top, count }),
        ...(hasAlpha && {
          readAlpha: (top: number, count: number) => peer.ask("readAlpha", { source, top, count }),
        }),
      };
      const gives = await encoding(travelling, (options) => codec().encodeFrom(rows, options));
      return { gives, transfer: [gives.bytes.buffer] };
    },
    decode: async (bytes) => moving(await codec().decode(bytes)),
    async decodeRows(bytes) {
      const { width, height, bands } = await codec().decodeRows(bytes);
      const rows = count++;
      decoding.set(rows, bands[Symbol.asyncIterator]());
      return { gives: { rows, width, height } };
    },
    async nextBand(rows) {
      const step = await decoding.get(rows)?.next();
      if (step !== undefined && step.done !== true) return moving(step.value);
      decoding.delete(rows);
      return { gives: null };
    },
    async leaveRows(rows) {
      await decoding.get(rows)?.return?.();
      decoding.delete(rows);
      return { gives: null };
    },
    async stop(id) {
      stops.get(id)?.abort();
      return { gives: null };
    },
    async close() {
      await opened?.close();
      return { gives: null };
    },
  });
  return peer;
}
