/** What the rest of the project may use of evaluation; the command line imports this file and no other of this folder. */
export {
  type BdOptions,
  type BdPsnr,
  type BdRate,
  bdPsnr,
  bdRate,
  type RateBounds,
  type RatePoint,
} from "./bd-rate.ts";
export { type ComparisonLabels, comparisonPicture } from "./comparison-picture.ts";
export { encodeJpeg, type JpegOptions, jpegAtMostBytes, type SizedJpeg } from "./jpeg.ts";
export {
  byMeasure,
  type FirstMeasure,
  MEASURE_NAMES,
  MEASURES,
  type Measure,
  type Measured,
  type MeasureName,
} from "./measures.ts";
export { msSsim, msSsimOrNull, ssim, toDb } from "./ms-ssim.ts";
export { meanSquaredError, psnr, psnrOfError } from "./psnr.ts";
export { ssimulacra2, ssimulacra2MinSide, ssimulacra2OrNull } from "./ssimulacra2.ts";
