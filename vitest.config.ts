/**
 * Test runner: unit tests beside their files, outside behaviour in test/, at most two processes, no console output.
 *
 * Unit tests share a process with the files before them, because starting one and loading the modules anew takes longer than most files run. A few have
 * one of their own: those that replace a module, and those that look at what a module remembers from its first use. So have all tests in test/: they
 * change the environment, start programs, and look at what a process has open.
 */
import { defineConfig, type ViteUserConfig } from "vitest/config";

type TestConfig = NonNullable<ViteUserConfig["test"]>;

/** What holds for a whole run. */
export const RUN: TestConfig = { globalSetup: ["test/setup/compile-program.ts"], pool: "forks", maxWorkers: 2 };

/** What holds for every test. */
const EVERY_TEST: TestConfig = {
  setupFiles: ["test/setup/fail-on-console.ts"],
  testTimeout: 60_000,
  hookTimeout: 120_000,
  restoreMocks: true,
};

/** Unit tests that need modules which nobody has loaded before. test/own-process.test.ts asks for those that replace a module. */
export const OWN_PROCESS: readonly string[] = [
  "src/engine/runtime/web-session.test.ts",
  "src/evaluate/study/workers.test.ts",
  "src/train/checkpoint.test.ts",
];

/** All other unit tests. */
export const UNITS: TestConfig & { readonly include: string[]; readonly exclude: string[] } = {
  ...EVERY_TEST,
  include: ["src/**/*.test.ts", "web/src/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
  exclude: [...OWN_PROCESS],
  isolate: false,
};

const config: ViteUserConfig = defineConfig({
  test: {
    ...RUN,
    projects: [
      { test: { ...UNITS, name: "units" } },
      { test: { ...EVERY_TEST, name: "units alone", include: [...OWN_PROCESS] } },
      { test: { ...EVERY_TEST, name: "outside", include: ["test/**/*.test.ts"] } },
    ],
  },
});

export default config;
