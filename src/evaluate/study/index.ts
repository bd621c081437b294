/** What the command line may use of evaluation on folders of images. */

export { bdCells, bdColumns, bdMatrix, bdTable, QUALITIES, type Quality, ratePoints } from "./bd-table.ts";
export { COMPARED_CODECS } from "./compared-codecs.ts";
export { type EvaluateOptions, evaluateFolder } from "./evaluate-folder.ts";
export { drawExample, EXAMPLE_RATE, type ExamplePicture } from "./examples.ts";
export { findCurve, type NamedCurve, nameCurves } from "./named-curves.ts";
export {
  type QualityResponse,
  qualityResponse,
  RESPONSE_COLUMNS,
  responseCells,
  responseText,
} from "./quality-response.ts";
export { compareWithQuoted, findQuoted, type QuotedComparison } from "./quoted-curves.ts";
export { type EvaluationResult, parseResult, type ResultCurve, type ResultPoint, readResult } from "./result-schema.ts";
