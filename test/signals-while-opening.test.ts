/** Ctrl-C and SIGTERM that come while the sessions of a model open, by the real command line in processes of its own. */
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { type Ending, PROJECT, start } from "./support/child-program.ts";
import { useCodecFixture } from "./support/codec-fixture.ts";

/** Processes start slowly on a busy machine. */
const TIMEOUT = { timeout: 240_000 };
const TRACE = pathToFileURL(`${PROJECT}test/support/signal-at-session.mjs`).href;
const common = useCodecFixture();
const { at } = common;

/** Runs `halfstep`, which gets a signal when it opens a session. */
function traced(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const program = ["--import", TRACE, "--import", "tsx", `${PROJECT}src/cli/main.ts`];
  return start(process.execPath, [...program, ...words], { env });
}

function sessionsOf({ stderr }: Ending): number {
  return stderr.match(/^opening session \d+$/gm)?.length ?? 0;
}

it.each([
  ["compress", "SIGINT", 130],
  ["decompress", "SIGTERM", 143],
] as const)(
  "%s ends on %s before it opens the next session, and writes nothing",
  TIMEOUT,
  async (command, signal, code) => {
    const { image, stream, model } = common.fixture;
    const [input, out] = command === "compress" ? [image, at("out.hst")] : [at("in.hst"), at("out.png")];
    if (command === "decompress") await writeFile(input, stream);
    const before = readdirSync(common.folder);
    const words = [command, input, out, "--model", model, "--json"];
    const ending = await traced(words, { HALFSTEP_TEST_SIGNAL: signal, HALFSTEP_TEST_SESSION: "1" });
    expect(ending.exitCode).toBe(code);
    expect(JSON.parse(ending.stdout)).toEqual({ error: { code: "interrupted", message: "interrupted" } });
    expect(sessionsOf(ending)).toBe(1);
    expect(readdirSync(common.folder)).toEqual(before);
    // Left alone, it opens more of them.
    const whole = await traced(words);
    expect(whole.exitCode).toBe(0);
    expect(sessionsOf(whole)).toBeGreaterThan(1);
  },
);
