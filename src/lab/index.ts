/** What the rest of the project may use of the laboratory. Free of any platform: figures are descriptions, drawn elsewhere. */
export { ESTIMATE_METHODS, type Estimate, type EstimateMethod } from "./estimate.ts";
export { type RateMismatch, type RateMismatchOptions, rateMismatch } from "./rate-mismatch.ts";
