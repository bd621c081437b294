/** `compress` and `decompress` of many files: the bytes of one at a time, whatever the number of processes; failures, going on, refusals. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { halfstep } from "./support/child-program.ts";
import { useCodecFixture } from "./support/codec-fixture.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, writePng } from "./support/training-images.ts";

const inUse = useCodecFixture();
const { at } = inUse;
/** Processes are slow to start on a busy machine. */
const TIMEOUT = { timeout: 240_000 };

/** A folder with two pictures, one of them in a folder inside, and a file that is none. */
async function makePictures(): Promise<string> {
  await mkdir(at("in/sub"), { recursive: true });
  await writePng(at("in/a.png"), coordinateImage(40, 30, 2));
  await writePng(at("in/sub/b.png"), coordinateImage(33, 21, 5));
  await writeFile(at("in/c.jpg"), "no picture");
  await writeFile(at("in/notes.txt"), "not looked at");
  return at("in");
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

describe("many files", () => {
  it("give the bytes of one at a time in one process and in two; one that fails stops no other", TIMEOUT, async () => {
    const pictures = await makePictures();
    const { model } = inUse.fixture;
    const here = await runWords("compress", pictures, "--out", at("one"), "--jobs", "1", "--model", model, "--json");
    const there = await halfstep(["compress", pictures, "--out", at("two"), "--jobs", "2", "--model", model, "--json"]);
    for (const { exitCode, stdout } of [here, there]) {
      expect(exitCode).toBe(1);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ command: "compress", files: 3, made: 2, kept: 0 });
      expect(report.failed).toEqual([
        { input: path.join(pictures, "c.jpg"), code: "not-an-image", message: expect.stringMatching(/c\.jpg: got/) },
      ]);
    }
    expect(await filesIn(at("one"))).toEqual(["a.hst", path.join("sub", "b.hst")]);
    expect(await filesIn(at("two"))).toEqual(await filesIn(at("one")));
    for (const name of ["a", "sub/b"]) {
      expect(
        (await runWords("compress", `${pictures}/${name}.png`, at("single.hst"), "--model", model, "--force")).exitCode,
      ).toBe(0);
      const single = await readFile(at("single.hst"));
      expect(Buffer.compare(await readFile(at(`one/${name}.hst`)), single)).toBe(0);
      expect(Buffer.compare(await readFile(at(`two/${name}.hst`)), single)).toBe(0);
    }
    const back = await runWords("decompress", at("one"), "--out", at("back"), "--jobs", "1", "--model", model);
    expect([back.exitCode, back.stdout]).toEqual([0, expect.stringMatching(/2 files made, [\d.]+ s/)]);
    await runWords("decompress", at("one/sub/b.hst"), at("single.png"), "--model", model);
    expect(Buffer.compare(await readFile(at("back/sub/b.png")), await readFile(at("single.png")))).toBe(0);
  });

  it("are left alone where they are there and whole, and replaced only with --force", TIMEOUT, async () => {
    const pictures = await makePictures();
    const words = ["compress", `${pictures}/a.png`, `${pictures}/sub`, "--out", at("out"), "--jobs", "1"];
    const all = [...words, "--model", inUse.fixture.model, "--json"];
    await mkdir(at("out"));
    const other = inUse.fixture.stream;
    await writeFile(at("out/a.hst"), other);
    expect(JSON.parse((await runWords(...all)).stdout)).toMatchObject({ made: 1, kept: 1, failed: [] });
    expect(Buffer.compare(await readFile(at("out/a.hst")), other)).toBe(0);
    await writeFile(at("out/a.hst"), other.subarray(0, -3));
    const damaged = await runWords(...all);
    expect(damaged.exitCode).toBe(1);
    expect(JSON.parse(damaged.stdout)).toMatchObject({
      made: 0,
      kept: 1,
      failed: [{ code: "output-damaged", message: expect.stringMatching(/a\.hst: is damaged.*--force/) }],
    });
    expect(JSON.parse((await runWords(...all, "--force")).stdout)).toMatchObject({ made: 2, kept: 0, failed: [] });
  });

  it("are refused where two would give one result, where there are none, and without their folder", async () => {
    const pictures = await makePictures();
    await writeFile(at("in/a.gif"), "");
    const refused = async (...words: string[]): Promise<readonly [number | null, string]> => {
      const { exitCode, stderr } = await runWords(...words);
      return [exitCode, stderr];
    };
    expect(await refused("compress", pictures, "--out", at("out"))).toEqual([
      2,
      expect.stringMatching(/a\.hst: got .*a\.gif and .*a\.png, expected one input for each result/),
    ]);
    expect(await refused("decompress", pictures, "--out", at("out"))).toEqual([
      1,
      expect.stringMatching(/got no files/),
    ]);
    expect(await refused("compress", at("nowhere"), "--out", at("out"))).toEqual([1, expect.stringMatching(/ENOENT/)]);
    expect(await refused("compress", pictures)).toEqual([2, expect.stringMatching(/expected an input and an output/)]);
    expect(await refused("compress", "1", "2", "3")).toEqual([2, expect.stringMatching(/got 3 files/)]);
    expect(await refused("compress", "-", "--out", at("out"))).toEqual([
      2,
      expect.stringMatching(/does not go together/),
    ]);
    expect(await refused("compress", "1", "2", "--jobs", "2")).toEqual([
      2,
      expect.stringMatching(/--jobs is for many/),
    ]);
  });
});
