/** What the codec's commands say about wrong input: one clear sentence, the promised exit code, and no file left behind. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { type Ending, halfstep, halfstepProgram, start } from "./support/child-program.ts";
import { useCodecFixture } from "./support/codec-fixture.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, writePng } from "./support/training-images.ts";

const common = useCodecFixture();
const { at } = common;

describe("wrong input to compress", () => {
  it.each([
    ["an image that is not there", 1, "cannot-read", /no such file/, async (): Promise<unknown> => undefined],
    ["a folder", 1, "cannot-read", /is a folder/, () => mkdir(at("in.png"))],
    ["an empty file", 1, "not-an-image", /empty file/, () => writeFile(at("in.png"), "")],
    ["a text", 1, "not-an-image", /expected an undamaged JPEG/, () => writeFile(at("in.png"), "not a picture at all")],
    [
      "an image that ends too early",
      1,
      "not-an-image",
      /do not decode/,
      async () => writeFile(at("in.png"), (await readFile(common.fixture.image)).subarray(0, 200)),
    ],
    [
      "a stream",
      1,
      "not-an-image",
      /got a Halfstep stream, for decompress/,
      () => writeFile(at("in.png"), common.fixture.stream),
    ],
    [
      "an SVG",
      1,
      "not-an-image",
      /got an SVG drawing, which is not read; expected JPEG/,
      () => writeFile(at("in.png"), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
  ] as const)("%s: one sentence, no file", async (_name, exitCode, code, message, prepare) => {
    await prepare();
    await refuses(["compress", at("in.png"), at("out.hst"), "--model", common.fixture.model], exitCode, code, message);
  });

  it.each([
    ["whose folder is not there", 2, "no-output-folder", /does not exist/, () => at("no/such/out.hst")],
    ["that is a folder", 1, "cannot-write", /is a folder/, () => at("folder.hst")],
    ["in a file", 2, "no-output-folder", /does not exist/, () => at("file/out.hst")],
    ["that is there already", 2, "output-exists", /--force/, () => at("there.hst")],
    ["of another ending", 2, "not-a-hst-name", /expected \.hst/, () => at("out.jpg")],
  ] as const)("an output %s: one sentence, no file", async (_name, exitCode, code, message, out) => {
    await mkdir(at("folder.hst"));
    await writeFile(at("file"), "a file");
    await writeFile(at("there.hst"), "precious");
    await refuses(["compress", common.fixture.image, out(), "--model", common.fixture.model], exitCode, code, message);
    expect(readFileSync(at("there.hst"), "utf8")).toBe("precious");
  });

  // Permissions do not stop root, and containers often run as root; the process file system stops everybody.
  it.runIf(process.platform === "linux")("an output that may not be written: one sentence, no file", async () => {
    await refuses(
      ["compress", common.fixture.image, "/proc/self/out.hst", "--model", common.fixture.model],
      1,
      "cannot-write",
      /cannot be written/,
    );
  });

  it.each([
    ["an unknown name", 2, "missing-model", /got "nobody", expected .*\.safetensors/, (): string => "nobody"],
    ["a file that is not there", 2, "missing-model", /no such file, expected a model/, () => at("no.safetensors")],
    ["a file that is something else", 1, "bad-safetensors", /damaged or of another kind/, () => at("bad.safetensors")],
    ["a damaged file", 1, "bad-safetensors", /damaged or of another kind/, () => at("cut.safetensors")],
  ] as const)("a model by %s: one sentence, no file", async (_name, exitCode, code, message, choice) => {
    await writeFile(at("bad.safetensors"), "this is no model");
    await writeFile(at("cut.safetensors"), (await readFile(common.fixture.model)).subarray(0, 5000));
    await refuses(["compress", common.fixture.image, at("out.hst"), "--model", choice()], exitCode, code, message);
  });
});

describe("a quality", () => {
  it.each(["101", "-1", "good", "1e1"])("of %s: one sentence, no file", async (quality) => {
    const words = ["compress", common.fixture.image, at("out.hst"), "--quality", quality];
    const { stdout, stderr, exitCode } = await runWords(...words, "--model", common.fixture.model);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toMatch(/from 0, the smallest file, to 100/);
    expect(existsSync(at("out.hst"))).toBe(false);
  });

  it("for a model that has one rate only: one sentence, no file", async () => {
    const words = ["compress", common.fixture.image, at("out.hst"), "--quality", "50", "--model", common.fixture.model];
    await refuses(words, 2, "fixed-rate-model", /"small", which has one rate only; leave the quality out/);
  });
});

describe("large images", () => {
  const SIZE = [1400, 1300] as const;

  it("that end too early: one sentence, no file", async () => {
    await writePng(at("large.png"), coordinateImage(...SIZE, 3));
    await writeFile(at("in.png"), (await readFile(at("large.png"))).subarray(0, -5000));
    const words = ["compress", at("in.png"), at("out.hst"), "--model", common.fixture.model];
    await refuses(words, 1, "not-an-image", /do not decode/);
  });

  // A limit on the size of files stands for a disk that is full; writing beyond it fails with EFBIG in place of ENOSPC.
  it.skipIf(process.platform === "win32")("for which there is no room: one sentence, no file", async () => {
    await writePng(at("large.png"), coordinateImage(...SIZE, 3));
    const model = ["--model", common.fixture.model];
    const compress = ["compress", at("large.png"), at("large.hst"), ...model];
    const before = filesBelow();
    const noPixels = await limited(compress);
    expect(noPixels).toMatchObject({ stdout: "", exitCode: 1 });
    expect(noPixels.stderr).toMatch(
      /^halfstep: .*large\.png: its pixels cannot be kept in .*expected 6 MB of room[^\n]*\n$/,
    );
    expect(filesBelow()).toEqual(before);

    expect(await runWords(...compress, "--quiet")).toMatchObject({ exitCode: 0 });
    const noPng = await limited(["decompress", at("large.hst"), at("out.png"), ...model, "--quiet"]);
    expect(noPng).toMatchObject({ stdout: "", exitCode: 1 });
    expect(noPng.stderr).toMatch(/^halfstep: .*out\.png: cannot be written \(EFBIG\)[^\n]*\n$/);
    expect(filesBelow()).toEqual([...before, "large.hst"].sort());
  });

  /** Runs a command that may write files of at most 32 KiB. */
  function limited(words: readonly string[]): Promise<Ending> {
    return start("sh", ["-c", 'ulimit -f 64; exec "$@"', "sh", ...halfstepProgram(), ...words]);
  }
});

describe("wrong input to decompress", () => {
  it.each([
    ["a file that is not there", 1, "cannot-read", /no such file/, (): Buffer | undefined => undefined],
    ["an empty file", 1, "truncated", /got 0 bytes/, () => Buffer.alloc(0)],
    ["an image", 1, "bad-magic", /./, () => readFileSync(common.fixture.image)],
    ["random bytes", 1, "bad-magic", /./, () => Buffer.from(Array.from({ length: 500 }, (_, i) => (i * i * 31) >> 3))],
    [
      "a truncated stream",
      1,
      "truncated",
      /fetch the file again/,
      () => common.fixture.stream.subarray(0, common.fixture.stream.length - 3),
    ],
    ["a stream cut in its header", 1, "truncated", /fetch the file again/, () => common.fixture.stream.subarray(0, 9)],
    [
      "a stream with bytes appended",
      1,
      "bad-header",
      /./,
      () => Buffer.concat([common.fixture.stream, Buffer.from("more")]),
    ],
    [
      "a flipped bit in the middle",
      1,
      "checksum-mismatch",
      /got checksum/,
      () => flipped(common.fixture.stream.length >> 1),
    ],
    [
      "a flipped bit at the end",
      1,
      "checksum-mismatch",
      /got checksum/,
      () => flipped(common.fixture.stream.length - 1),
    ],
  ] as const)("%s: one sentence that names the file, no image", async (_name, exitCode, code, message, bytes) => {
    const content = bytes();
    if (content !== undefined) await writeFile(at("in.hst"), content);
    const said = await refuses(
      ["decompress", at("in.hst"), at("out.png"), "--model", common.fixture.model],
      exitCode,
      code,
      message,
    );
    expect(said).toContain(at("in.hst"));
  });

  it("a stream whose model is not there: says which it is, and how to name it", async () => {
    await writeFile(at("in.hst"), common.fixture.stream);
    const { modelIdentity } = JSON.parse(
      (await runWords("compress", common.fixture.image, at("b.hst"), "--model", common.fixture.model, "--json")).stdout,
    );
    await rm(at("b.hst"));
    const said = await refuses(["decompress", at("in.hst"), at("out.png")], 2, "missing-model", /with --model$/);
    expect(said).toContain(at("in.hst"));
    expect(said).toContain(modelIdentity.slice(0, 16));
  });

  it("a stream of another model: says which it needs", async () => {
    await writeFile(at("in.hst"), common.fixture.stream);
    const words = ["decompress", at("in.hst"), at("out.png"), "--model", common.fixture.otherModel];
    expect(await refuses(words, 1, "model-mismatch", /decode it with the model that made it/)).toContain(at("in.hst"));
  });

  it("an output that is there already: one sentence, and it stays as it is", async () => {
    await writeFile(at("in.hst"), common.fixture.stream);
    await writeFile(at("out.png"), "precious");
    await refuses(
      ["decompress", at("in.hst"), at("out.png"), "--model", common.fixture.model],
      2,
      "output-exists",
      /--force/,
    );
    expect(readFileSync(at("out.png"), "utf8")).toBe("precious");
  });

  it("ends a process of its own in the same way, with a stack trace only for --debug", async () => {
    await writeFile(at("in.hst"), flipped(common.fixture.stream.length >> 1));
    const words = ["decompress", at("in.hst"), at("out.png"), "--model", common.fixture.model];
    const plain = await halfstep(words);
    expect(plain).toMatchObject({ stdout: "", exitCode: 1 });
    expect(plain.stderr).toMatch(/^halfstep: [^\n]*in\.hst: [^\n]*checksum[^\n]*\n$/);
    const debug = await halfstep([...words, "--debug"]);
    expect(debug.exitCode).toBe(1);
    expect(debug.stderr).toMatch(/^\s+at /m);
    expect(readdirSync(common.folder)).toEqual(["in.hst"]);
  });
});

describe("wrong input to the other commands", () => {
  it("refuses to package what is not a run", async () => {
    await mkdir(at("run"));
    await refuses(["model", "package", at("run"), at("m.safetensors")], 2, "missing-checkpoint", /run/);
    await refuses(["model", "package", at("run"), at("m.bin")], 2, "bad-model-name", /expected \.safetensors/);
  });

  it("refuses a folder that cannot be made, in one sentence", async () => {
    await writeFile(at("file"), "");
    const words = ["demo", common.fixture.image, "--model", common.fixture.model, "--out", at("file/out")];
    await refuses([...words, "--quiet"], 1, "cannot-write", /cannot be written \(ENOTDIR\); choose another place/);
  });
});

/** Runs a command line that must fail: checks the promises, and gives the sentence. */
async function refuses(words: readonly string[], exitCode: number, code: string, message: RegExp): Promise<string> {
  const before = filesBelow();
  const plain = await runWords(...words);
  expect(plain).toMatchObject({ stdout: "", exitCode });
  expect(plain.stderr).toMatch(/^halfstep: [^\n]+\n$/);
  const sentence = plain.stderr.slice("halfstep: ".length).trimEnd();
  expect(sentence).toMatch(message);
  expect(sentence).not.toMatch(/unexpected failure|internal:/);
  const json = await runWords(...words, "--json");
  expect(json).toMatchObject({ stderr: plain.stderr, exitCode });
  expect(JSON.parse(json.stdout)).toEqual({ error: { code, message: sentence } });
  expect(filesBelow()).toEqual(before);
  return sentence;
}

function filesBelow(): readonly string[] {
  return readdirSync(common.folder, { recursive: true, encoding: "utf8" }).sort();
}

function flipped(index: number): Buffer {
  const damaged = Buffer.from(common.fixture.stream);
  damaged[index]! ^= 16;
  return damaged;
}
