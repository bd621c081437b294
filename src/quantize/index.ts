/** What the rest of the project may use of quantization. */

export {
  type ChoiceProblem,
  choiceProblem,
  concentrationProblem,
  type QuantizePath,
  type ResolvedSurrogate,
  resolveSurrogate,
  type SurrogateChoice,
  type SurrogateSettings,
  temperatureProblem,
} from "./choice.ts";
export { type EvaluateSurrogateOptions, evaluateSurrogate, type SurrogateValues } from "./evaluate-surrogate.ts";
export { roundHard } from "./hard.ts";
export { type PresetId, SURROGATE_PRESETS, type SurrogatePreset } from "./presets.ts";
export {
  applySurrogate,
  gateEncoder,
  type PartialStopGradient,
  type QuantizeOptions,
  type Quantizer,
  quantize,
  quantizeForDensity,
  quantizeForSynthesis,
  withExpectedGradient,
} from "./quantizer.ts";
export { softRound, softRoundSlope } from "./soft-round.ts";
export { softAssignment } from "./soft-to-hard.ts";
export type {
  ConcentrationRange,
  Dither,
  ExpectedSlope,
  GradientMode,
  Surrogate,
  SurrogateContext,
  SurrogateId,
  TemperatureRange,
} from "./surrogate.ts";
export { findSurrogate, formsOf, SURROGATE_IDS, SURROGATES, surrogateName } from "./surrogates.ts";
