/**
 * The codec's commands: files in, files out. What they refuse is in codec-refusals.test.ts. With a small model of drawn
 * weights: what is proved here is that the road is whole, not that the pictures are good (packed-package.test.ts uses the
 * shipped weights).
 */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readImage } from "../src/image/read-image.ts";
import { NETWORK_TYPES } from "../src/networks/architecture-table.ts";
import { loadCodec } from "../src/node.ts";
import { type Ending, halfstep, PROJECT } from "./support/child-program.ts";
import { SMALL_NETWORK, useCodecFixture } from "./support/codec-fixture.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, writePng } from "./support/training-images.ts";

const common = useCodecFixture();
const { at } = common;

describe("a photograph on the command line", () => {
  it("goes into a file and comes back, with one document on standard output and nothing on standard error", async () => {
    const photograph = path.join(PROJECT, "samples", "fig.png");
    const compressed = await halfstep([
      "compress",
      photograph,
      at("fig.hst"),
      "--model",
      common.fixture.model,
      "--json",
    ]);
    expect(compressed).toMatchObject({ stderr: "", exitCode: 0 });
    const bytes = readFileSync(at("fig.hst")).length;
    const told = JSON.parse(compressed.stdout);
    expect(told).toMatchObject({ command: "compress", model: "small", width: 768, height: 520, bytes, notes: [] });
    expect(told.bitsPerPixel).toBe((8 * bytes) / (768 * 520));

    const restored = await halfstep([
      "decompress",
      at("fig.hst"),
      at("fig.png"),
      "--model",
      common.fixture.model,
      "--json",
    ]);
    expect(restored).toMatchObject({ stderr: "", exitCode: 0 });
    expect(JSON.parse(restored.stdout)).toMatchObject({
      command: "decompress",
      model: "small",
      width: 768,
      height: 520,
    });

    const codec = await loadCodec({ model: common.fixture.model });
    const expected = await codec.decode((await codec.encode((await readImage(photograph)).image)).bytes);
    await codec.close();
    const { image: decoded, notes } = await readImage(at("fig.png"));
    expect(notes).toEqual([]);
    expect([decoded.width, decoded.height]).toEqual([768, 520]);
    expect(Buffer.compare(decoded.data, expected.data)).toBe(0);
    expect(readdirSync(common.folder).sort()).toEqual(["fig.hst", "fig.png"]);
  });

  it.each([
    [1, 1],
    [1, 70],
    [65, 1],
    [17, 33],
    [64, 64],
    [129, 63],
  ])("may have %i x %i pixels", async (width, height) => {
    await writePng(at("a.png"), coordinateImage(width, height, 3));
    const compressed = await runWords("compress", at("a.png"), at("a.hst"), "--model", common.fixture.model);
    expect(compressed).toMatchObject({ stderr: "", exitCode: 0 });
    expect(compressed.stdout).toMatch(
      new RegExp(`a\\.hst: \\d+ bytes, .* bpp, ${width} x ${height} pixels, model small`),
    );
    const restored = await runWords("decompress", at("a.hst"), at("b.png"), "--model", common.fixture.model);
    expect(restored).toMatchObject({ stderr: "", exitCode: 0 });
    const { image: decoded } = await readImage(at("b.png"));
    expect([decoded.width, decoded.height]).toEqual([width, height]);
  });

  it.each([
    ["grey", () => grey(8), "grey was expanded to RGB"],
    ["16 bits", () => grey(16), "16-bit samples were reduced to 8-bit"],
  ] as const)("with %s is compressed, and what was changed is said", async (_name, make, note) => {
    await writeFile(at("a.png"), await make());
    const text = await runWords("compress", at("a.png"), at("a.hst"), "--model", common.fixture.model);
    expect(text).toMatchObject({ exitCode: 0 });
    expect(text.stderr).toContain(`${at("a.png")}: ${note}\n`);
    const json = await runWords(
      "compress",
      at("a.png"),
      at("b.hst"),
      "--model",
      common.fixture.model,
      "--json",
      "--quiet",
    );
    expect(json).toMatchObject({ stderr: "", exitCode: 0 });
    expect(JSON.parse(json.stdout).notes).toContain(note);
    expect(await runWords("decompress", at("a.hst"), at("b.png"), "--model", common.fixture.model)).toMatchObject({
      exitCode: 0,
    });
  });

  it("replaces an existing file when it is forced to, and the stream does not depend on the threads", async () => {
    await writeFile(at("a.hst"), "old");
    const words = ["compress", common.fixture.image, at("a.hst"), "--model", common.fixture.model];
    expect(await runWords(...words)).toMatchObject({ exitCode: 2 });
    expect(readFileSync(at("a.hst"), "utf8")).toBe("old");
    expect(await runWords(...words, "--force", "--threads", "2")).toMatchObject({ exitCode: 0 });
    expect(Buffer.compare(readFileSync(at("a.hst")), common.fixture.stream)).toBe(0);
    await writeFile(at("a.png"), "old");
    const back = ["decompress", at("a.hst"), at("a.png"), "--model", common.fixture.model];
    expect(await runWords(...back)).toMatchObject({ exitCode: 2 });
    expect(readFileSync(at("a.png"), "utf8")).toBe("old");
    expect(await runWords(...back, "--force")).toMatchObject({ exitCode: 0 });
    expect((await readImage(at("a.png"))).image.width).toBe(70);
  });

  it("may be looked at for longer: the stream of an effort is that of the library, and smaller efforts are not the same", async () => {
    await writePng(at("a.png"), coordinateImage(96, 64, 3));
    const words = ["compress", at("a.png"), at("a.hst"), "--model", common.fixture.model, "--json", "--force"];
    const { stdout, exitCode } = await runWords(...words, "--effort", "1", "--quiet");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command: "compress", effort: 1 });
    const codec = await loadCodec({ model: common.fixture.model });
    const { image } = await readImage(at("a.png"));
    const withEffort = await codec.encode(image, { effort: 1 });
    expect(Buffer.compare(readFileSync(at("a.hst")), withEffort.bytes)).toBe(0);
    expect((await codec.encode(image)).bytes).not.toEqual(withEffort.bytes);
    await codec.close();
    for (const effort of ["10", "1.5", "-1", "most"]) {
      const refused = await runWords("compress", at("a.png"), at("b.hst"), "--effort", effort);
      expect(refused).toMatchObject({ stdout: "", exitCode: 2 });
      expect(refused.stderr).toContain("whole number from 0");
    }
  });

  it("larger than a tile is read and written by rows: the bytes and pixels are those of the whole image", async () => {
    await writePng(at("a.png"), coordinateImage(1301, 820, 7));
    const compressed = await runWords("compress", at("a.png"), at("a.hst"), "--model", common.fixture.model);
    expect(compressed).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^compressing: row \d+ of 820\n$/) });
    const restored = await runWords("decompress", at("a.hst"), at("b.png"), "--model", common.fixture.model);
    expect(restored).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^decompressing: row 480 of 820\n$/) });

    const codec = await loadCodec({ model: common.fixture.model });
    const { bytes } = await codec.encode((await readImage(at("a.png"))).image);
    const expected = await codec.decode(bytes);
    await codec.close();
    expect(Buffer.compare(readFileSync(at("a.hst")), bytes)).toBe(0);
    const { image: decoded, notes } = await readImage(at("b.png"));
    expect([decoded.width, decoded.height, notes]).toEqual([1301, 820, []]);
    expect(Buffer.compare(decoded.data, expected.data)).toBe(0);
    expect(readdirSync(common.folder).sort()).toEqual(["a.hst", "a.png", "b.png"]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "that is stopped by %s leaves nothing half written",
    async (signal, exitCode) => {
      // Little more than is read as a whole, so that it comes by rows.
      const size = { width: 1030, height: 1030 };
      const picture = sharp({ create: { ...size, channels: 4, background: { r: 9, g: 99, b: 200, alpha: 0.5 } } });
      await picture.png().toFile(at("large.png"));
      const model = ["--model", common.fixture.model];
      const compress = ["compress", at("large.png"), at("large.hst"), "--background", "white", ...model];
      // The first line comes before the model is loaded, of transparency; the next in the middle of the image.
      for (const line of [/flattened onto white/, /compressing: row/]) {
        expectInterrupted(await stoppedAt(line, signal, compress), exitCode);
        expect(readdirSync(common.folder)).toEqual(["large.png"]);
      }
      expect(await halfstep([...compress, "--quiet"])).toMatchObject({ exitCode: 0 });
      const decompress = ["decompress", at("large.hst"), at("again.png"), ...model];
      expectInterrupted(await stoppedAt(/decompressing: row/, signal, decompress), exitCode);
      expect(readdirSync(common.folder).sort()).toEqual(["large.hst", "large.png"]);
    },
    120_000,
  );
});

/** Runs a command in a process of its own, which gets a signal when it has written the line to standard error. */
function stoppedAt(line: RegExp, signal: "SIGINT" | "SIGTERM", words: readonly string[]): Promise<Ending> {
  let sent = false;
  return halfstep([...words, "--json"], {
    onStderr: (child, soFar) => {
      if (sent || !line.test(soFar)) return;
      child.kill(signal);
      sent = true;
    },
  });
}

function expectInterrupted(ending: Ending, exitCode: number): void {
  expect(ending.exitCode).toBe(exitCode);
  expect(JSON.parse(ending.stdout)).toEqual({ error: { code: "interrupted", message: "interrupted" } });
}

describe("halfstep model", () => {
  it("makes a model of a run, which compresses and decompresses", async () => {
    for (const name of ["a", "b", "c"]) await writePng(at(`photos/${name}.png`), coordinateImage(300, 280, 5));
    const config = { data: at("data"), network: SMALL_NETWORK, steps: 2, batch: 1, crop: 128 };
    const validation = { crops: 1, size: 128 };
    await writeFile(at("config.json"), JSON.stringify({ ...config, validation }));
    for (const words of [
      ["data", "pack", at("photos"), at("data")],
      ["train", at("config.json"), "--out", at("run")],
    ]) {
      expect(await runWords(...words, "--quiet")).toMatchObject({ stderr: "", exitCode: 0 });
    }
    const packaged = await runWords("model", "package", at("run"), at("tiny.safetensors"), "--json");
    expect(packaged).toMatchObject({ stderr: "", exitCode: 0 });
    const { name, network, bytes, warnings, identity } = JSON.parse(packaged.stdout);
    expect({ name, network, warnings }).toEqual({ name: "tiny", network: SMALL_NETWORK, warnings: [] });
    expect(bytes).toBe(readFileSync(at("tiny.safetensors")).length);
    expect(await runWords("model", "package", at("run"), at("tiny.safetensors"))).toMatchObject({ exitCode: 2 });

    const compressed = await runWords(
      "compress",
      common.fixture.image,
      at("a.hst"),
      "--model",
      at("tiny.safetensors"),
      "--json",
    );
    expect(JSON.parse(compressed.stdout)).toMatchObject({ model: "tiny", modelIdentity: identity });
    const words = ["decompress", at("a.hst"), at("a.png"), "--model", at("tiny.safetensors")];
    expect(await runWords(...words)).toMatchObject({ stderr: "", exitCode: 0 });
    expect((await runWords("info", at("a.hst"))).stdout).toContain(identity.slice(0, 16));
  });

  it("shows what a model says about itself", async () => {
    const { stdout, exitCode } = await runWords("model", "info", common.fixture.model, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: "model info",
      name: "small",
      network: SMALL_NETWORK,
      lambda: 0.01,
    });
    expect((await runWords("model", "info", common.fixture.model)).stdout).toMatch(
      /^network +mean-scale-hyperprior, N = 4, M = 6$/m,
    );
    expect(await runWords("model", "info", "nobody")).toMatchObject({ stdout: "", exitCode: 2 });
  });

  it("shows what networks cost, in usual widths and in others, and refuses widths that they do not have", async () => {
    const listed = JSON.parse((await runWords("model", "list", "--json")).stdout);
    expect(listed.networks.map(({ network }: { network: { type: string } }) => network.type)).toEqual(NETWORK_TYPES);
    const { stdout } = await runWords("model", "info", "elic");
    expect(stdout).toMatch(/^context +\d+ +67\.22$/m);
    const wide = await runWords("model", "info", "scale-hyperprior", "--set", "N=192", "--set", "M=320", "--json");
    expect(JSON.parse(wide.stdout)).toMatchObject({
      network: { N: 192, M: 320 },
      parameters: expect.closeTo(11.82e6, -4),
    });
    for (const [words, problem] of [
      [["elic", "--set", "K=3"], /K=3.*expected N=/],
      [["cheng2020-anchor", "--set", "N=8", "--set", "M=9"], /same width/],
      [["channel-conditional", "--set", "M=64"], /multiple of 10/],
      [[common.fixture.model, "--set", "N=8"], /expected a network: factorized-prior/],
    ] as const) {
      const refused = await runWords("model", "info", ...words);
      expect(refused).toMatchObject({ stdout: "", exitCode: 2 });
      expect(refused.stderr).toMatch(problem);
    }
  });
});

describe("halfstep demo", () => {
  it("compares photographs, and leaves whole files where it says", async () => {
    await writePng(at("in/a.png"), coordinateImage(170, 165, 1));
    await writePng(at("in/more/a.png"), coordinateImage(30, 200, 1));
    const words = ["demo", at("in/a.png"), at("in/more/a.png"), "--model", common.fixture.model, "--out", at("out")];
    const text = await runWords(...words);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toMatch(/^a\.png +\d+ +\d+\.\d{3} +\d+\.\d\d +\d\.\d{4} +\d+ +\d+ +\S+ +\S+$/m);
    expect(text.stdout).toMatch(/^mean /m);
    for (const name of ["a-small", "a-2-small"]) {
      expect(text.stdout).toContain(path.join(common.folder, "out", `${name}-comparison.png`));
      const { image: decoded } = await readImage(at(`out/${name}.png`));
      const { image: compared } = await readImage(at(`out/${name}-comparison.png`));
      expect(compared.width).toBeGreaterThan(decoded.width);
    }
    const { stdout } = await runWords(...words, "--json", "--quiet");
    const { results } = JSON.parse(stdout);
    expect(results).toHaveLength(1);
    for (const [i, row] of results[0].rows.entries()) {
      expect(row.bytes).toBe(readFileSync(at(`out/a${i === 0 ? "" : "-2"}-small.hst`)).length);
      expect(row.bitsPerPixel).toBe((8 * row.bytes) / (row.width * row.height));
      if (row.jpeg !== null) expect(row.jpeg.bytes).toBeLessThanOrEqual(row.bytes);
      expect(row.msSsim === null).toBe(row.width < 161);
    }
    // The second photograph has no MS-SSIM, so a mean of both would be one of a selection.
    expect(results[0].means.msSsim).toBeNull();
  });
});

function grey(bits: 8 | 16): Promise<Buffer> {
  const [width, height] = [40, 30];
  const samples = Array.from({ length: width * height }, (_, i) => (i * 7919) % 2 ** bits);
  const data = bits === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples);
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace(bits === 8 ? "b-w" : "grey16")
    .png()
    .toBuffer();
}
