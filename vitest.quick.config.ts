/**
 * `npm run test:quick`: the unit tests that answer at once, for every change. It leaves out the browser, the packed
 * package, the command line (`test/`), files that need a process of their own, and the files below. The rule for those:
 * a file that takes more than three seconds in `npm test` on two busy cores is left out here, because it trains,
 * simulates, or opens many sessions. `npm test` runs everything.
 */
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { RUN, UNITS } from "./vitest.config.ts";

/** The files that are left out. */
export const SLOW: readonly string[] = [
  "src/cli/commands/demo.test.ts",
  "src/cli/commands/lab.test.ts",
  "src/codec/entropy/rans.test.ts",
  "src/codec/exact/exact-networks.test.ts",
  "src/engine/ops/table.test.ts",
  "src/evaluate/study/evaluate-folder.test.ts",
  "src/lab/rate-mismatch.test.ts",
  "src/lab/surrogate/statistics.test.ts",
  "src/lab/tradeoff/tradeoff.test.ts",
  "src/lab/trained/study-network.test.ts",
  "src/lab/trained/toy.test.ts",
  "src/models/codec.test.ts",
  "src/models/model-files.test.ts",
  "src/models/verify-model.test.ts",
  "src/networks/network.test.ts",
  "src/networks/quantize-latent.test.ts",
  "src/networks/transforms/halfstep.test.ts",
  "src/objective/ms-ssim.test.ts",
  "src/quantize/surrogates-float32.test.ts",
  "src/quantize/surrogates.test.ts",
  "src/report/lab/lab-report.test.ts",
  "src/train/data/crop-sampler.test.ts",
  "src/train/data/drawn/draw-picture.test.ts",
  "src/train/loop.test.ts",
  "src/train/ms-ssim-training.test.ts",
  "src/train/network-surrogates.test.ts",
  "src/train/onnx-train-step.test.ts",
  "src/train/surrogate-training.test.ts",
  "src/train/sweep/folder-queue.test.ts",
  "src/train/trained-decoder.test.ts",
  "web/src/lab/studies.test.ts",
];

const config: ViteUserConfig = defineConfig({ test: { ...RUN, ...UNITS, exclude: [...UNITS.exclude, ...SLOW] } });

export default config;
