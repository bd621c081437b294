import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { BitstreamError, UsageError } from "../errors.ts";
import { describeFailure, stackOf } from "./failure.ts";

describe("describeFailure", () => {
  it("keeps code, message and exit code of our own errors", () => {
    expect(describeFailure(new UsageError("output-exists", "a: exists"))).toEqual({
      exitCode: 2,
      code: "output-exists",
      message: "a: exists",
    });
    expect(describeFailure(new BitstreamError("truncated", "b: short"))).toEqual({
      exitCode: 1,
      code: "truncated",
      message: "b: short",
    });
  });

  it("is undefined where commander ended well", () => {
    expect(describeFailure(new CommanderError(0, "commander.version", "0.1.0"))).toBeUndefined();
  });

  it("calls anything else unexpected, and failure, not misuse", () => {
    expect(describeFailure(new TypeError("x is not a function"))).toEqual({
      exitCode: 1,
      code: "unexpected",
      message:
        "unexpected failure: TypeError: x is not a function; run the command again with --debug, and report what it prints",
    });
    expect(describeFailure("a string")?.message).toMatch(/unexpected failure: a string;/);
  });
});

describe("stackOf", () => {
  it("follows the causes", () => {
    const stack = stackOf(new Error("outer", { cause: new RangeError("inner") }));
    expect(stack).toMatch(/^Error: outer\n {4}at [\s\S]*\ncaused by: RangeError: inner\n {4}at /);
  });
});
