/** Standard input and output, pipes, and outputs that must not be written, by the real command line in processes of its own. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { link, readFile, symlink, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../src/image/read-image.ts";
import { halfstepProgram, PROJECT } from "./support/child-program.ts";
import { useCodecFixture } from "./support/codec-fixture.ts";
import { runWords } from "./support/run-words.ts";

/** Processes start slowly on a busy machine. */
const TIMEOUT = { timeout: 240_000 };
const common = useCodecFixture();
const { at } = common;

/** Runs `halfstep` with bytes on standard input. */
function piped(input: Uint8Array, ...words: string[]) {
  const [node, program] = halfstepProgram();
  const { stdout, stderr, status } = spawnSync(node, [program, ...words], { input, cwd: PROJECT });
  return { stdout, stderr: stderr.toString(), status };
}

describe("standard input and output", () => {
  it("take a picture through compress, info and decompress", TIMEOUT, async () => {
    const { model, image, stream } = common.fixture;
    const compressed = piped(await readFile(image), "compress", "-", "-", "--model", model);
    expect([compressed.status, Buffer.compare(compressed.stdout, stream)]).toEqual([0, 0]);
    expect(compressed.stderr).toMatch(/^standard output: \d+ bytes, .* 70 x 50 pixels, model small/);
    const info = piped(compressed.stdout, "info", "-");
    expect([info.status, info.stderr, info.stdout.toString()]).toEqual([
      0,
      "",
      expect.stringContaining("70 x 50 pixels"),
    ]);
    const restored = piped(compressed.stdout, "decompress", "-", "-", "--model", model);
    expect([restored.status, restored.stderr]).toEqual([0, expect.stringMatching(/^standard output: 70 x 50 pixels/)]);
    const { image: decoded } = await decodeImage(restored.stdout);
    expect([decoded.width, decoded.height]).toEqual([70, 50]);
  });

  it("are named in errors, and do not go together with --json", TIMEOUT, async () => {
    const empty = piped(new Uint8Array(0), "compress", "-", "-", "--model", common.fixture.model);
    expect([empty.status, empty.stdout.length, empty.stderr]).toEqual([
      1,
      0,
      expect.stringContaining("standard input: got an empty file"),
    ]);
    const json = await runWords("compress", common.fixture.image, "-", "--json", "--model", common.fixture.model);
    expect([json.exitCode, JSON.parse(json.stdout).error.code]).toEqual([2, "bad-usage"]);
  });

  it("reads a named pipe", TIMEOUT, async () => {
    execFileSync("mkfifo", [at("pipe")]);
    const writer = spawn("sh", ["-c", `cat "$0" > "$1"`, common.fixture.image, at("pipe")]);
    const ending = await runWords("compress", at("pipe"), at("a.hst"), "--model", common.fixture.model);
    writer.kill();
    expect(ending).toMatchObject({ exitCode: 0 });
    expect(Buffer.compare(await readFile(at("a.hst")), common.fixture.stream)).toBe(0);
  });
});

describe("outputs", () => {
  it("are refused where they are the input under another name, with --force too", async () => {
    const { model, image, stream } = common.fixture;
    await writeFile(at("photo.png"), await readFile(image));
    await symlink(at("photo.png"), at("soft.hst"));
    await link(at("photo.png"), at("hard.hst"));
    for (const name of ["soft.hst", "hard.hst"]) {
      const ending = await runWords("compress", at("photo.png"), at(name), "--force", "--model", model);
      expect([ending.exitCode, ending.stderr]).toEqual([2, expect.stringContaining("is the input")]);
    }
    await writeFile(at("a.hst"), stream);
    await link(at("a.hst"), at("a.png"));
    expect(await runWords("decompress", at("a.hst"), at("a.png"), "--force", "--model", model)).toMatchObject({
      exitCode: 2,
    });
    expect(Buffer.compare(await readFile(at("photo.png")), await readFile(image))).toBe(0);
    expect(Buffer.compare(await readFile(at("a.hst")), stream)).toBe(0);
  });
});

describe("options", () => {
  it("know no more threads than four for each core", async () => {
    const words = ["compress", common.fixture.image, at("a.hst"), "--model", common.fixture.model, "--threads"];
    const most = 4 * availableParallelism();
    for (const count of [most + 1, 1_000_000]) {
      const { exitCode, stderr } = await runWords(...words, String(count));
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`at most ${most}: four for each core`)]);
    }
    expect(await runWords(...words, String(most))).toMatchObject({ exitCode: 0 });
  });

  it("that a name with a dash looks like get a hint", async () => {
    const { exitCode, stderr } = await runWords("compress", "-holiday.jpg", "out.hst");
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("put a name that begins with a dash after --")]);
    const behind = await runWords("compress", "--", "-holiday.jpg", at("out.hst"));
    expect([behind.exitCode, behind.stderr]).toEqual([1, expect.stringContaining("-holiday.jpg: no such file")]);
  });
});
