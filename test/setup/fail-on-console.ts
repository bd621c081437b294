/**
 * Fails a test that prints through `console`: the library talks through return values, errors and the streams it is given.
 * Loaded before every test file by vitest.config.ts. It does not watch writes to process.stdout of child processes.
 */
import { afterEach, beforeEach } from "vitest";

const METHODS = ["debug", "dir", "error", "info", "log", "table", "trace", "warn"] as const;
const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  for (const method of METHODS) {
    console[method] = (...values: unknown[]): void => {
      printed.push(`console.${method}(${values.map(String).join(", ")})`);
    };
  }
});

afterEach(() => {
  if (printed.length > 0) {
    throw new Error(
      `the test printed ${printed.length} times, first: ${printed[0]}; take the output out or capture it`,
    );
  }
});
