/** The lower bound on scales that everybody shares: training, tables, the laboratory, the page. */

/** Smallest standard deviation of the Gaussian entropy models, in quantization steps; the customary value. */
export const DEFAULT_SCALE_BOUND = 0.11;
