import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

/** Runs a command line in this process; gives what it wrote and returned. */
async function runWords(...words: string[]): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const signals = new EventEmitter();
  const exitCode = await run(words, {
    terminal: {
      stdout: { write: (text) => stdout.push(text) },
      stderr: { write: (text) => stderr.push(text) },
    },
    signals,
    exit: () => expect.unreachable("no signal was sent"),
  });
  expect(signals.eventNames()).toEqual([]);
  return { stdout: stdout.join(""), stderr: stderr.join(""), exitCode };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "halfstep-cli-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the command line", () => {
  it("prints its version and its help on standard output", async () => {
    expect(await runWords("--version")).toEqual({ stdout: "0.1.0\n", stderr: "", exitCode: 0 });
    const help = await runWords("train", "--help");
    expect(help).toMatchObject({ stderr: "", exitCode: 0 });
    expect(help.stdout).toMatch(/train \[options\] <config>/);
    expect(help.stdout).toMatch(/--json/);
  });

  it.each([
    ["no command", [], "no command given; see --help"],
    ["an unknown command", ["trian", "a"], "unknown command 'trian' (Did you mean train?); see --help"],
    ["a group without a command", ["data"], "no command given; see --help"],
    ["an unknown option", ["train", "a", "--resme"], "unknown option '--resme' (Did you mean --resume?); see --help"],
    ["a missing argument", ["data", "pack", "a"], "missing required argument 'out'; see --help"],
    [
      "one argument too many",
      ["info", "a", "b"],
      "too many arguments for 'info'. Expected 1 argument but got 2; see --help",
    ],
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
});
