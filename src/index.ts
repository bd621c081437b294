/** The public entry for any platform: `.hst` files as bytes, what networks cost, and the errors that everything throws. */

export { readStream, type Stream } from "./codec/container/stream.ts";
export { readHeader, type StreamHeader } from "./codec/container/stream-header.ts";
export { BEST_QUALITY, DEFAULT_QUALITY, qualityOfField } from "./codec/quality-setting.ts";
export { BitstreamError, type BitstreamErrorCode, HalfstepError, UsageError } from "./errors.ts";
export type { Image } from "./image/image.ts";
export type { ImageRows, ImageSource, RowBand } from "./image/image-rows.ts";
export {
  NETWORK_TYPES,
  type NetworkConfig,
  type NetworkCost,
  type NetworkType,
  networkCost,
  networkProblem,
  type PartCost,
  USUAL_WIDTHS,
} from "./networks/index.ts";
