/** A codec that is in another thread, as one of this thread: the same functions, promises and errors. */
import { checkBytes } from "../arguments.ts";
import { encodeSettings } from "../codec/encode-settings.ts";
import type { EncodeOptions, EncodeResult, ImageCodec, ImageCodecOptions } from "../codec/image-codec.ts";
import type { ModelInfo } from "../codec/model/model-info.ts";
import { RunningCalls } from "../codec/running-calls.ts";
import { checkImage } from "../image/image.ts";
import type { ImageSource, RowBand } from "../image/image-rows.ts";
import type { CodecCalls, SourceCalls, TravellingOptions } from "./codec-calls.ts";
import { type Answer, Peer, type Post } from "./peer.ts";

/** The way to another thread, whose first message after this is answered by a codec. */
export interface CodecThread {
  /** Sends it a message. */
  readonly post: Post;
  /** Ends it. */
  end(): Promise<void> | void;
}

/** A source that is read for an encoder in another thread. */
interface Reading {
  readonly source: ImageSource;
  /** What it threw: the codec passes it on as it is. */
  thrown: { readonly error: unknown } | null;
}

/** This side of a codec in another thread. */
export interface RemoteCodec<Opening> {
  /** Takes the messages of the other thread. */
  receive(message: unknown): void;
  /** Fails all calls, because the other thread is gone. */
  fail(error: Error): void;
  /**
   * Opens the codec.
   * @param limits the options among `opening` by which the size of an image is checked before its pixels travel
   */
  open(
    opening: Opening,
    limits: ImageCodecOptions,
    transfer?: readonly ArrayBuffer[],
  ): Promise<ImageCodec & { readonly model: ModelInfo }>;
}

/** Connects this thread to one whose side is `serveCodec`. */
export function remoteCodec<Opening>(thread: CodecThread): RemoteCodec<Opening> {
  const readings = new Map<number, Reading>();
  let count = 0;
  const read = async (
    { source, top, count }: SourceCalls["readRows"]["takes"],
    how: "readRows" | "readAlpha",
  ): Promise<Answer<Uint8Array>> => {
    const reading = readings.get(source);
    if (reading === undefined)
      throw new Error("internal: got a request for rows of an image that is not being encoded");
    try {
      const rows = (await reading.source[how]?.(top, count)) ?? new Uint8Array(0);
      checkBytes(rows, `encode: the rows of ${how}`);
      // Whoever reads rows may use their memory again.
      const copy = new Uint8Array(rows);
      return { gives: copy, transfer: [copy.buffer] };
    } catch (error) {
      reading.thrown = { error };
      throw error;
    }
  };
  const watchers = new Map<number, NonNullable<EncodeOptions["onProgress"]>>();
  const peer = new Peer<CodecCalls<Opening>, SourceCalls>(thread.post, {
    readRows: (request) => read(request, "readRows"),
    readAlpha: (request) => read(request, "readAlpha"),
    async progress({ encoding, progress }) {
      watchers.get(encoding)?.(progress);
      return { gives: null };
    },
  });

  /** Encodes. The signal and the progress of the options stay in this thread. */
  const encoding = async (
    { signal, onProgress, ...options }: EncodeOptions,
    encode: (travelling: TravellingOptions) => Promise<EncodeResult>,
  ): Promise<EncodeResult> => {
    const id = count++;
    const stop = (): void => {
      // If the thread is gone, the encoding fails because of that.
      if (!peer.isEnded) peer.ask("stop", id).catch(() => undefined);
    };
    signal?.addEventListener("abort", stop, { once: true });
    if (onProgress !== undefined) watchers.set(id, onProgress);
    try {
      const encoded = encode({ options, encoding: id, isWatched: onProgress !== undefined });
      if (signal?.aborted === true) stop();
      return await encoded;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      signal?.removeEventListener("abort", stop);
      watchers.delete(id);
    }
  };

  const encodeFrom = async (source: ImageSource, options: EncodeOptions): Promise<EncodeResult> => {
    const { width, height } = source;
    const reading: Reading = { source, thrown: null };
    const id = count++;
    readings.set(id, reading);
    try {
      const hasAlpha = source.readAlpha !== undefined;
      return await encoding(options, (travelling) =>
        peer.ask("encodeFrom", { source: id, width, height, hasAlpha, ...travelling }),
      );
    } catch (error) {
      throw reading.thrown === null ? error : reading.thrown.error;
    } finally {
      readings.delete(id);
    }
  };

  async function* bandsOf(rows: number): AsyncGenerator<RowBand, void, undefined> {
    let isDone = false;
    try {
      for (;;) {
        const band = await peer.ask("nextBand", rows);
        isDone = band === null;
        if (band === null) return;
        yield band as RowBand;
      }
    } finally {
      if (!isDone && !peer.isEnded) await peer.ask("leaveRows", rows);
    }
  }

  const codecOf = (model: ModelInfo, limits: ImageCodecOptions): ImageCodec & { readonly model: ModelInfo } => {
    const calls = new RunningCalls("codec");
    const check = (size: { readonly width: number; readonly height: number }, options: EncodeOptions): void => {
      calls.check();
      encodeSettings(model, size, options, limits);
    };
    let closing: Promise<void> | null = null;
    return {
      model,
      checkEncode: (size, options = {}) => check(size, options),
      encode: (image, options = {}) =>
        calls.run(async () => {
          checkImage(image, "encode");
          const { width, height } = image;
          check({ width, height }, options);
          const data = new Uint8Array(image.data);
          const alpha = image.alpha === undefined ? undefined : new Uint8Array(image.alpha);
          const copy = { width, height, data, ...(alpha && { alpha }) };
          const moved = alpha === undefined ? [data.buffer] : [data.buffer, alpha.buffer];
          return encoding(options, (travelling) => peer.ask("encode", { image: copy, ...travelling }, moved));
        }),
      encodeFrom: (source, options = {}) =>
        calls.run(async () => {
          check(source, options);
          return encodeFrom(source, options);
        }),
      decode: (bytes) =>
        calls.run(async () => {
          checkBytes(bytes, "decode: the stream");
          const copy = new Uint8Array(bytes);
          return peer.ask("decode", copy, [copy.buffer]);
        }),
      async decodeRows(bytes) {
        const { rows, width, height } = await calls.run(async () => {
          checkBytes(bytes, "decode: the stream");
          const copy = new Uint8Array(bytes);
          return peer.ask("decodeRows", copy, [copy.buffer]);
        });
        return { width, height, bands: calls.each(bandsOf(rows)) };
      },
      close() {
        closing ??= (async () => {
          await calls.close();
          try {
            if (!peer.isEnded) await peer.ask("close", null);
          } finally {
            peer.end(new TypeError("codec: got a call after close(); load the codec again"));
            await thread.end();
          }
        })();
        return closing;
      },
    };
  };

  return {
    receive: (message) => peer.receive(message),
    fail: (error) => peer.end(error),
    async open(opening, limits, transfer = []) {
      try {
        return codecOf(await peer.ask("open", opening, transfer), limits);
      } catch (error) {
        await thread.end();
        throw error;
      }
    },
  };
}
