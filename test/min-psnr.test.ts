/** What `compress` says of how a picture comes back, and what it does to meet a wanted PSNR, with the shipped models. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { psnr } from "../src/evaluate/index.ts";
import { readImage } from "../src/image/read-image.ts";
import { PROJECT } from "./support/child-program.ts";
import { runWords } from "./support/run-words.ts";

const TIMEOUT = { timeout: 240_000 };
/** Knows nothing of dithering and single pixels, which the default model does. */
const OF_PHOTOGRAPHS = ["--model", "halfstep-1"];
const DITHER = path.join(PROJECT, "test/pictures/dither-bayer.png");
let folder: string;
let photograph: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-psnr-"));
  photograph = path.join(folder, "photograph.png");
  const crop = { left: 100, top: 100, width: 128, height: 128 };
  await writeFile(photograph, await sharp(path.join(PROJECT, "samples/dogs.png")).extract(crop).png().toBuffer());
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);

describe("compress --min-psnr", () => {
  it("raises the quality until the PSNR is met, and not by much more", TIMEOUT, async () => {
    const words = ["compress", photograph, at("a.hst"), "--force", "--json", "--quality", "10"];
    const first = JSON.parse((await runWords(...words, "--min-psnr", "20")).stdout);
    expect(first.quality).toBe(10);
    const wanted = first.psnrDb + 4;
    const { quality, psnrDb } = JSON.parse((await runWords(...words, "--min-psnr", wanted.toFixed(2))).stdout);
    expect(quality).toBeGreaterThan(10);
    expect(psnrDb).toBeGreaterThanOrEqual(wanted - 0.01);
    expect(psnrDb).toBeLessThan(wanted + 0.5);
    await runWords("decompress", at("a.hst"), at("a.png"), "--force");
    expect(psnr((await readImage(photograph)).image, (await readImage(at("a.png"))).image)).toBeCloseTo(psnrDb, 9);
  });

  it(
    "warns as without it where the picture meets it and is far worse than its quality promises all the same",
    TIMEOUT,
    async () => {
      const { stderr, exitCode } = await runWords(
        "compress",
        DITHER,
        at("low.hst"),
        "--min-psnr",
        "5",
        ...OF_PHOTOGRAPHS,
      );
      expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^warning: .*comes back at about 10\.\d dB/)]);
    },
  );

  it("fails, and writes nothing, where the best quality does not meet it", TIMEOUT, async () => {
    await writeFile(at("old.hst"), "old");
    const words = ["compress", DITHER, at("old.hst"), "--force", "--min-psnr", "30", ...OF_PHOTOGRAPHS];
    const { exitCode, stderr } = await runWords(...words);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/got 10\.\d\d dB at quality 100, expected at least 30/),
    ]);
    expect(await readFile(at("old.hst"), "utf8")).toBe("old");
    expect(await runWords("compress", DITHER, at("new.hst"), "--min-psnr", "0")).toMatchObject({ exitCode: 2 });
    expect(existsSync(at("new.hst"))).toBe(false);
  });
});

describe("compress", () => {
  it(
    "warns of a picture that comes back far worse than its quality promises, and of no photograph",
    TIMEOUT,
    async () => {
      const warned = await runWords("compress", DITHER, at("dither.hst"), "--quality", "100", ...OF_PHOTOGRAPHS);
      expect(warned).toMatchObject({ exitCode: 0 });
      expect(warned.stderr).toMatch(
        /^warning: .*dither-bayer\.png: comes back at about 10\.\d dB, but with halfstep-1 even a hard photograph comes back at about 33\.6 dB/,
      );
      const board = Uint8Array.from({ length: 64 * 64 }, (_, i) => (((i % 64) + (i >> 6)) & 1) * 255);
      await sharp(board, { raw: { width: 64, height: 64, channels: 1 } })
        .toColourspace("srgb")
        .png()
        .toFile(at("board.png"));
      expect((await runWords("compress", at("board.png"), at("board.hst"), ...OF_PHOTOGRAPHS)).stderr).toContain(
        "warning:",
      );
      for (const quality of ["0", "50", "100"]) {
        const words = ["compress", photograph, at("b.hst"), "--force", "--quality", quality];
        expect(await runWords(...words)).toMatchObject({ stderr: "", exitCode: 0 });
      }
    },
  );

  it("looks at a sample of a large picture", TIMEOUT, async () => {
    await writeFile(
      at("large.png"),
      await sharp({ create: { width: 600, height: 600, channels: 3, background: "#777" } })
        .png()
        .toBuffer(),
    );
    expect(
      await runWords("compress", at("large.png"), at("grey.hst"), "--quality", "20", ...OF_PHOTOGRAPHS),
    ).toMatchObject({
      stderr: "",
    });
    const tiles = await sharp(DITHER).toBuffer();
    await sharp({ create: { width: 600, height: 600, channels: 3, background: "#777" } })
      .composite([{ input: tiles, tile: true }])
      .png()
      .toFile(at("large.png"));
    const { stderr } = await runWords(
      "compress",
      at("large.png"),
      at("large.hst"),
      "--quality",
      "20",
      ...OF_PHOTOGRAPHS,
    );
    expect(stderr).toMatch(/warning: .*large\.png: comes back at about \d+\.\d dB/);
  });
});
