import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWords } from "../../test/support/run-words.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "halfstep-cli-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the command line", () => {
  it("prints its version and its help on standard output", async () => {
    expect(await runWords("--version")).toEqual({ stdout: "0.2.0\n", stderr: "", exitCode: 0 });
    const help = await runWords("compress", "--help");
    expect(help).toMatchObject({ stderr: "", exitCode: 0 });
    expect(help.stdout).toMatch(/compress \[options\] <image> \[out\.hst\] \[more\.\.\.\]/);
    expect(help.stdout).toMatch(/--json/);
  });

  it("tells in the help of compress that there is a queue, and has its options in a help of their own", async () => {
    expect((await runWords("compress", "--help")).stdout).toMatch(/--queue \[address\]/);
    for (const words of [
      ["compress", "--queue", "--help"],
      ["--json", "compress", "--queue=redis://localhost", "--help"],
    ]) {
      expect((await runWords(...words)).stdout, words.join(" ")).toMatch(/compress \[options\] <folder>/);
    }
    // Behind -- it is a name.
    expect((await runWords("compress", "--", "--queue")).stderr).toMatch(/compress: got 1 file/);
  });

  it.each([
    ["no command", [], "no command given; see --help"],
    ["an unknown command", ["trian", "a"], "unknown command 'trian' (Did you mean train?); see --help"],
    ["a group without a command", ["data"], "no command given; see --help"],
    ["an unknown option", ["train", "a", "--resme"], "unknown option '--resme' (Did you mean --resume?); see --help"],
    ["a missing argument", ["info"], "missing required argument 'file'; see --help"],
    [
      "a missing output",
      ["compress", "a"],
      "compress: got 1 file, expected an input and an output; see --help, or name a folder for many files with --out",
    ],
    [
      "one argument too many",
      ["info", "a", "b"],
      "too many arguments for 'info'. Expected 1 argument but got 2; see --help",
    ],
    [
      "a thread count that is no number",
      ["compress", "a", "b.hst", "--threads", "two"],
      "option '--threads <count>' argument 'two' is invalid. Expected a whole number of at least 1; see --help",
    ],
    ["zero threads", ["compress", "a", "b.hst", "--threads", "0"], /argument '0' is invalid/],
    ["an output that is not a PNG", ["decompress", "a.hst", "b.jpg"], /b\.jpg: .*expected \.png/],
    ["a stream that would be called a PNG", ["compress", "a.png", "a.png", "--force"], /a\.png: .*expected \.hst/],
    ["two choices of models", ["demo", "a.png", "--all", "--model", "x"], /got --model and --all/],
  ])("answers %s with one sentence and exit code 2", async (_name, words, message) => {
    const { stdout, stderr, exitCode } = await runWords(...words);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr.split("\n")).toHaveLength(2);
    if (typeof message === "string") expect(stderr).toBe(`halfstep: ${message}\n`);
    else expect(stderr).toMatch(message);
  });

  it("answers a failure with exit code 1, and with --json with a document on standard output too", async () => {
    const missing = path.join(folder, "missing.hst");
    const message = `${missing}: no such file; check the path`;
    expect(await runWords("info", missing)).toEqual({ stdout: "", stderr: `halfstep: ${message}\n`, exitCode: 1 });
    const withJson = await runWords("info", missing, "--json");
    expect(JSON.parse(withJson.stdout)).toEqual({ error: { code: "cannot-read", message } });
    expect(withJson).toMatchObject({ stderr: `halfstep: ${message}\n`, exitCode: 1 });
    const misuse = await runWords("--json", "info");
    expect(JSON.parse(misuse.stdout)).toMatchObject({ error: { code: "bad-usage" } });
    expect(misuse.exitCode).toBe(2);
  });

  it("shows a stack trace, causes included, only with --debug", async () => {
    const missing = path.join(folder, "missing.hst");
    expect((await runWords("info", missing)).stderr).not.toMatch(/^\s+at /m);
    const { stderr } = await runWords("info", missing, "--debug");
    expect(stderr).toMatch(/^\s+at .*read-stream-file/m);
    expect(stderr).toMatch(/^caused by: Error: ENOENT/m);
  });

  it("refuses an existing output before it reads anything", async () => {
    const out = path.join(folder, "there.hst");
    writeFileSync(out, "precious");
    const { stderr, exitCode } = await runWords("compress", path.join(folder, "no-image.png"), out);
    expect(stderr).toBe(`halfstep: ${out}: already exists; pass --force to replace it\n`);
    expect(exitCode).toBe(2);
  });
});
