/** The distortions that networks are trained for. Configurations and model files name them. */

/** All distortions. */
export const DISTORTIONS = ["mse", "ms-ssim", "ms-ssim+mse"] as const;

/**
 * What the loss adds to the bits per pixel, times lambda:
 *
 * * `mse`: 255^2 * mean squared error of pixels in 0..1.
 * * `ms-ssim`: 1 - MS-SSIM.
 * * `ms-ssim+mse`: a tenth of the first, and nine tenths of 1280 * the second (`objective/rate-distortion.ts`). Its lambdas are those of `mse`.
 */
export type Distortion = (typeof DISTORTIONS)[number];

/** Whether MS-SSIM is part of a distortion; absence stands for "mse", as in configurations. */
export function hasMsSsim(distortion: Distortion | undefined): boolean {
  return distortion !== undefined && distortion !== "mse";
}

/**
 * What a shipped model is tuned for: "psnr" for the least squared error, "ssim" for the most similar structures (MS-SSIM), which is nearer to what
 * people see.
 */
export type Tune = "psnr" | "ssim";

/** All tunes. */
export const TUNES: readonly Tune[] = ["psnr", "ssim"];

/** What a model with a distortion is tuned for. */
export function tuneOf(distortion: Distortion): Tune {
  return hasMsSsim(distortion) ? "ssim" : "psnr";
}
