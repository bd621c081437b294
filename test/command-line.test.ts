/** The command line from outside: streams, exit codes, files left behind. In processes of its own where that can make a difference. */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { halfstep, start } from "./support/child-program.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

describe("halfstep in a clone", () => {
  it("runs through the package script right after installing, with nothing on standard error", async () => {
    const { stdout, stderr, exitCode } = await start("npm", ["run", "-s", "halfstep", "--", "--version"]);
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: `${version}\n`, stderr: "", exitCode: 0 });
  });

  it("packs a folder and says so in one JSON document", async () => {
    await withTemporaryFolder(async (folder) => {
      await writePng(path.join(folder, "images", "a.png"), coordinateImage(70, 50, 1));
      await writeFile(path.join(folder, "images", "notes.txt"), "no image");
      const out = path.join(folder, "data");
      const { stdout, exitCode } = await halfstep(["data", "pack", path.join(folder, "images"), out, "--json"]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ command: "data pack", images: 1, pixels: 3500, otherFiles: 1 });
      expect(existsSync(path.join(out, "manifest.json"))).toBe(true);
    });
  });

  it("draws pictures that are no photographs, the same again for the same seed", async () => {
    await withTemporaryFolder(async (folder) => {
      const draw = (out: string, ...more: string[]) =>
        runWords("data", "draw", "--out", path.join(folder, out), "--count", "3", "--side", "64", "--json", ...more);
      const first = await draw("a");
      expect(first, first.stderr).toMatchObject({ exitCode: 0 });
      const { pictures } = JSON.parse(first.stdout) as { pictures: { file: string; kind: string }[] };
      expect(readdirSync(path.join(folder, "a")).sort()).toEqual(pictures.map(({ file }) => file));
      await draw("b", "--seed", "1");
      const { file } = pictures[2] as { file: string };
      const bytes = await readFile(path.join(folder, "a", file));
      expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 64, height: 64, channels: 3 });
      expect(bytes.equals(await readFile(path.join(folder, "b", file)))).toBe(true);
      expect(await draw("a")).toMatchObject({ exitCode: 2 });
      const tooSmall = await draw("c", "--side", "16");
      expect(tooSmall.exitCode).not.toBe(0);
      expect(tooSmall.stderr).toContain("got 16, expected 32 to 4096");
    });
  }, 120_000);

  it("works to the end when nobody reads its notes and its progress any more", async () => {
    await withTemporaryFolder(async (folder) => {
      await writePng(path.join(folder, "images", "a.png"), coordinateImage(70, 50, 1));
      await writeFile(path.join(folder, "images", "notes.txt"), "no image"); // A note at the end, besides the progress.
      const words = ["data", "pack", path.join(folder, "images"), path.join(folder, "data"), "--json"];
      const { stdout, exitCode } = await halfstep(words, { closeStderr: true });
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ command: "data pack", images: 1, otherFiles: 1 });
    });
  });

  it("prints a complete configuration that it accepts again", async () => {
    await withTemporaryFolder(async (folder) => {
      const config = path.join(folder, "config.json");
      await writeFile(config, '{ "data": "photos" }');
      const first = await halfstep(["train", config, "--set", "network.N=32", "--print-config"]);
      expect(first).toMatchObject({ stderr: "", exitCode: 0 });
      expect(JSON.parse(first.stdout)).toMatchObject({ data: "photos", network: { N: 32 }, batch: 8 });
      await writeFile(config, first.stdout);
      expect((await halfstep(["train", config, "--print-config", "--json"])).stdout).toBe(first.stdout);
    });
  });

  it.each([
    ["an unknown key", '{ "data": "d", "stepz": 5 }', [], /stepz.*did you mean "steps"/],
    ["a wrong type", '{ "data": "d", "steps": "many" }', [], /steps: got "many", expected/],
    ["an impossible value", '{ "data": "d" }', ["--set", "network.N=0"], /network\.N: got 0, expected/],
    [
      "widths that a network does not have",
      '{ "data": "d" }',
      ["--set", "network.type=cheng2020-anchor"],
      /network: .*N = 64 and M = 96, expected the same width for both/,
    ],
    [
      "a crop that is not a multiple of the stride",
      '{ "data": "d" }',
      ["--set", "crop=130"],
      /crop: got 130, expected a multiple of 64/,
    ],
    ["data that is not there", '{ "data": "/nowhere/at/all" }', [], /\/nowhere\/at\/all/],
  ])("refuses to train with %s: one sentence, exit code 2, no folder", async (_name, text, words, message) => {
    await withTemporaryFolder(async (folder) => {
      const config = path.join(folder, "config.json");
      await writeFile(config, text);
      const ending = await runWords("train", config, ...words, "--out", path.join(folder, "run"));
      expect(ending).toMatchObject({ stdout: "", exitCode: 2 });
      expect(ending.stderr).toMatch(message);
      expect(ending.stderr).not.toMatch(/^\s+at /m);
      expect(readdirSync(folder)).toEqual(["config.json"]);
    });
  });

  it.each([
    ["an empty folder", async (folder: string) => void (await mkdir(folder)), 2, /no image|0 files/],
    ["a folder that is not there", async () => undefined, 2, /images/],
    [
      "an unreadable image",
      async (folder: string) => {
        await writePng(path.join(folder, "good.png"), coordinateImage(20, 20, 1));
        await writeFile(path.join(folder, "bad.png"), "not a picture");
      },
      1,
      /bad\.png/,
    ],
  ])("refuses to pack %s and leaves nothing", async (_name, prepare, exitCode, message) => {
    await withTemporaryFolder(async (folder) => {
      const images = path.join(folder, "images");
      await prepare(images);
      const ending = await runWords("data", "pack", images, path.join(folder, "data"), "--quiet");
      expect(ending.exitCode).toBe(exitCode);
      expect(ending.stderr).toMatch(message);
      expect(readdirSync(folder).filter((name) => name !== "images")).toEqual([]);
    });
  });

  it("refuses what is not a stream, with a stable code", async () => {
    await withTemporaryFolder(async (folder) => {
      const file = path.join(folder, "x.hst");
      for (const [bytes, code] of [
        [Buffer.alloc(0), "truncated"],
        [Buffer.from("this is no stream at all"), "bad-magic"],
        [
          await sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } })
            .png()
            .toBuffer(),
          "bad-magic",
        ],
      ] as const) {
        await writeFile(file, bytes);
        const { stdout, exitCode } = await runWords("info", file, "--json");
        expect(exitCode).toBe(1);
        expect(JSON.parse(stdout)).toMatchObject({ error: { code, message: expect.stringContaining(file) } });
      }
    });
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("stops packing on %s with exit code %i and leaves nothing half done", async (signal, exitCode) => {
    await withTemporaryFolder(async (folder) => {
      const picture = coordinateImage(1500, 1500, 7);
      const images = path.join(folder, "images");
      await writePng(path.join(images, "0.png"), picture);
      const bytes = await readFile(path.join(images, "0.png"));
      for (let i = 1; i < 60; i++) await writeFile(path.join(images, `${i}.png`), bytes);
      let sent = false;
      const ending = await halfstep(["data", "pack", images, path.join(folder, "data"), "--json"], {
        onStderr: (child) => {
          if (!sent) child.kill(signal);
          sent = true;
        },
      });
      expect(ending.exitCode).toBe(exitCode);
      expect(JSON.parse(ending.stdout)).toEqual({
        error: { code: "interrupted", message: `interrupted by ${signal}` },
      });
      expect(readdirSync(folder)).toEqual(["images"]);
    });
  });
});
