/** What the command line may use of evaluation on folders of images. */

export { COMPARED_CODECS } from "./compared-codecs.ts";
export { type EvaluateOptions, evaluateFolder } from "./evaluate-folder.ts";
export { type EvaluationResult, parseResult, type ResultCurve, type ResultPoint, readResult } from "./result-schema.ts";
