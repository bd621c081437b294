import { describe, expect, it } from "vitest";
import { CommandContext, type GlobalOptions } from "./command-context.ts";

function contextWith(options: GlobalOptions, isTTY = false, columns?: number) {
  const parts: { readonly stdout: string[]; readonly stderr: string[] } = { stdout: [], stderr: [] };
  const written = (): { stdout: string; stderr: string } => ({
    stdout: parts.stdout.join(""),
    stderr: parts.stderr.join(""),
  });
  const context = new CommandContext(
    {
      stdout: { write: (text) => parts.stdout.push(text) },
      stderr: { write: (text) => parts.stderr.push(text), isTTY, columns },
      writeBytes: async (bytes) => void parts.stdout.push(String.fromCharCode(...bytes)),
    },
    options,
    new AbortController().signal,
  );
  return { context, written };
}

describe("CommandContext", () => {
  it("reports text, or one JSON document and nothing else on standard output", () => {
    const text = contextWith({});
    text.context.report({ bytes: 7 }, "7 bytes\n");
    expect(text.written()).toEqual({ stdout: "7 bytes\n", stderr: "" });
    const json = contextWith({ json: true });
    json.context.note("a note");
    json.context.progress("half way", 0);
    json.context.report({ bytes: 7 }, "7 bytes");
    expect(JSON.parse(json.written().stdout)).toEqual({ bytes: 7 });
    expect(json.written().stderr).toBe("a note\nhalf way\n");
  });

  it("refuses a second report, which would be a second document", () => {
    const { context } = contextWith({ json: true });
    context.report({}, "");
    expect(() => context.report({}, "")).toThrow(/internal/);
  });

  it("keeps notes and progress to itself with --quiet", () => {
    const { context, written } = contextWith({ quiet: true });
    context.note("a note");
    context.progress("half way", 0);
    expect(written().stderr).toBe("");
  });

  it("redraws progress in place for a person, cut to the width, and clears it before anything else", () => {
    const { context, written } = contextWith({}, true, 10);
    context.progress("one", 0);
    context.progress("too soon", 50);
    context.progress("0123456789abc", 200);
    context.note("done");
    context.report({}, "result");
    expect(written().stderr).toBe("\r\x1b[Kone\r\x1b[K012345678\r\x1b[Kdone\n");
  });

  it("writes a progress line every ten seconds where no person watches", () => {
    const { context, written } = contextWith({});
    for (let second = 0; second <= 20; second++) context.progress(`second ${second}`, 1000 * second);
    expect(written().stderr).toBe("second 0\nsecond 10\nsecond 20\n");
  });
});
