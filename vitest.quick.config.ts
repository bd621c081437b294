/**
 * `npm run test:quick`: the unit tests that answer at once, for every change. Without a browser, the packed package and the command line
 * (`test/`), and without the files below, which train, simulate or open many sessions and take seconds each. `npm test` runs everything.
 */
import { defineConfig, mergeConfig, type ViteUserConfig } from "vitest/config";
import base from "./vitest.config.ts";

const SLOW = [
  "scripts/surrogates/**",
  "src/cli/commands/{lab,train}.test.ts",
  "src/codec/entropy/{rans,rans-hostile}.test.ts",
  "src/codec/exact/*.test.ts",
  "src/engine/ops/table.test.ts",
  "src/engine/runtime/web-session.test.ts",
  "src/evaluate/study/evaluate-folder.test.ts",
  "src/lab/**",
  "web/src/lab/**",
  "src/models/**",
  "src/networks/{network,quantize-latent}.test.ts",
  "src/networks/{layers,transforms}/**",
  "src/objective/ms-ssim.test.ts",
  "src/packaging/**",
  "src/quantize/surrogates*.test.ts",
  "src/report/**",
  "src/train/{checkpoint,loop,ms-ssim-training,muon,network-surrogates,onnx-train-step,start-training,surrogate-training,trained-decoder}.test.ts",
  "src/train/data/drawn/draw-picture.test.ts",
  "src/train/sweep/{folder-queue,train-planned-run}.test.ts",
];

const UNITS = ["src/**/*.test.ts", "web/src/**/*.test.ts", "scripts/**/*.test.ts"];

const config: ViteUserConfig = mergeConfig(base, defineConfig({ test: { include: UNITS, exclude: SLOW } }));
// `mergeConfig` joins lists: the wider ones of all tests would come back.
if (config.test !== undefined) config.test.include = UNITS;

export default config;
