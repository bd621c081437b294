/** The calls to a codec in another thread, and the calls that it makes in return. */
import type { EffortProgress } from "../codec/encode-settings.ts";
import type { EncodeOptions, EncodeResult } from "../codec/image-codec.ts";
import type { ModelInfo } from "../codec/model/model-info.ts";
import type { Image } from "../image/image.ts";
import type { RowBand } from "../image/image-rows.ts";

/** Options of an encoder, without those that cannot travel, and a number for its stop and progress messages. */
export interface TravellingOptions {
  readonly options: Omit<EncodeOptions, "signal" | "onProgress">;
  readonly encoding: number;
  /** Whether progress is reported. */
  readonly isWatched: boolean;
}

/** The calls that a thread with a codec answers; `Opening` is what it opens one of. `open` comes first, and once. */
export type CodecCalls<Opening> = {
  readonly open: { readonly takes: Opening; readonly gives: ModelInfo };
  readonly encode: {
    readonly takes: TravellingOptions & { readonly image: Image };
    readonly gives: EncodeResult;
  };
  /** Rows are asked for by {@link SourceCalls} under the number `source`. */
  readonly encodeFrom: {
    readonly takes: TravellingOptions & {
      readonly source: number;
      readonly width: number;
      readonly height: number;
      readonly hasAlpha: boolean;
    };
    readonly gives: EncodeResult;
  };
  readonly decode: { readonly takes: Uint8Array; readonly gives: Image };
  /** Bands are fetched under the number `rows`. */
  readonly decodeRows: {
    readonly takes: Uint8Array;
    readonly gives: { readonly rows: number; readonly width: number; readonly height: number };
  };
  /** null after the last band. */
  readonly nextBand: { readonly takes: number; readonly gives: RowBand | null };
  /** No more bands are wanted. */
  readonly leaveRows: { readonly takes: number; readonly gives: null };
  /** The encoding of this number is to stop. */
  readonly stop: { readonly takes: number; readonly gives: null };
  readonly close: { readonly takes: null; readonly gives: null };
};

interface RowRequest {
  readonly source: number;
  readonly top: number;
  readonly count: number;
}

/** The calls that the thread with the source of an encoding answers. */
export type SourceCalls = {
  readonly readRows: { readonly takes: RowRequest; readonly gives: Uint8Array };
  readonly readAlpha: { readonly takes: RowRequest; readonly gives: Uint8Array };
  readonly progress: {
    readonly takes: { readonly encoding: number; readonly progress: EffortProgress };
    readonly gives: null;
  };
};
