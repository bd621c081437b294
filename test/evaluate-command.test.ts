/** `halfstep evaluate` as a user runs it: figures that independent calls reproduce, interruption, resumption, refusals. */

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeJpeg, msSsim, psnr, ssimulacra2, toDb } from "../src/evaluate/index.ts";
import { parsePpm, ppm } from "../src/evaluate/study/jpeg-xl.ts";
import { KeptRows } from "../src/evaluate/study/kept-rows.ts";
import { compareWithQuoted, findQuoted } from "../src/evaluate/study/quoted-curves.ts";
import { type MeasuredMeta, parseResult, readResult, resultText } from "../src/evaluate/study/result-schema.ts";
import type { Image } from "../src/image/image.ts";
import { decodeImage } from "../src/image/read-image.ts";
import { loadCodec, readModelInfo } from "../src/node.ts";
import { halfstep, PROJECT } from "./support/child-program.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { runWords } from "./support/run-words.ts";
import { writePng } from "./support/training-images.ts";

let folder: string;
let photographs: string;
/** Models of drawn weights, with the gain of their latents: the second needs more bits. */
const MODELS = { low: 16, high: 40 } as const;
const modelFile = (name: string): string => target(`${name}.safetensors`);
const images: Image[] = [texture(192, 176, 1), texture(176, 200, 2)];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-evaluate-"));
  photographs = path.join(folder, "photographs");
  for (const [i, image] of images.entries()) await writePng(path.join(photographs, `${i}.png`), image);
  await writeFile(path.join(photographs, "notes.txt"), "not an image");
  for (const [name, latentGain] of Object.entries(MODELS)) {
    await writeFile(
      modelFile(name),
      randomModelBytes({ type: "mean-scale-hyperprior", N: 8, M: 48 }, { name, latentGain }),
    );
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Waves of several lengths and a pattern that looks like noise: something for every codec to lose. */
function texture(width: number, height: number, seed: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const waves = Math.sin((x + seed) / (5 + channel)) + Math.sin((y * seed) / 9) + Math.sin((x + y) / 31);
        data[at++] = 128 + 30 * waves + ((x * 7919 + y * 104729 + seed * 31) % 23);
      }
    }
  }
  return { width, height, data };
}

function target(name: string): string {
  return path.join(folder, name);
}

describe("quoted curves", () => {
  it("are what a measured curve of the same images is compared with, and never of others", async () => {
    const file = path.join(PROJECT, "results/measured/kodak-codecs.json");
    const result = await readResult(file);
    const quoted = await findQuoted(["webp", "vtm"], "kodak");
    const [webp, vtm] = compareWithQuoted(file, result, quoted);
    const rateOf = (comparison: typeof webp, name: string) =>
      comparison?.rows.find((row) => row.name === name)?.ratePercent;
    // The same library made both curves (docs/log/0013-evaluation.md).
    expect(rateOf(webp, "webp")).toBeCloseTo(0, 0);
    expect(rateOf(vtm, "webp")).toBeGreaterThan(50);
    const [few] = compareWithQuoted(
      file,
      result,
      quoted.map((curve) => ({ ...curve, imageCount: 23 })),
    );
    expect(few?.rows[0]).toMatchObject({ ratePercent: null, problem: "measured over 24 images, quoted over 23" });
  });
});

describe("halfstep evaluate", () => {
  it("gives the bytes and the quality that the codecs give, and the means of the images", async () => {
    const out = target("figures.json");
    const models = `--models=${modelFile("high")},${modelFile("low")}`;
    const words = ["evaluate", photographs, models, "--codecs", "jpeg444", "--out", out, "--jobs", "1"];
    const { exitCode, stdout } = await runWords(...words);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/jpeg444 +95 /);
    const { meta, curves } = await readResult(out);
    expect(curves.map(({ codec }) => codec)).toEqual(["jpeg444", "halfstep-mean-scale-hyperprior-8"]);
    expect((meta as MeasuredMeta).images.map(({ name, width, height }) => [name, width, height])).toEqual([
      ["0.png", 192, 176],
      ["1.png", 176, 200],
    ]);

    const identities = await Promise.all(
      ["low", "high"].map(async (name) => (await readModelInfo(modelFile(name))).identity),
    );
    expect(curves[1]!.points.map(({ model }) => model?.identity)).toEqual(identities);

    const point = curves[0]!.points.find(({ setting }) => setting === "50")!;
    const files = await Promise.all(images.map((i) => encodeJpeg(i, { quality: 50, chromaSubsampling: "4:4:4" })));
    const shown = await Promise.all(files.map(async (file) => (await decodeImage(file)).image));
    const half = (values: readonly number[]): number => (values[0]! + values[1]!) / 2;
    expect(point.images?.bytes).toEqual(files.map(({ length }) => length));
    const rates = images.map(({ width, height }, i) => (8 * files[i]!.length) / (width * height));
    expect(point.bitsPerPixel).toBeCloseTo(half(rates), 5);
    expect(point.psnrDb).toBeCloseTo(half(images.map((image, i) => psnr(image, shown[i]!))), 3);
    const similarity = half(images.map((image, i) => msSsim(image, shown[i]!)));
    expect(point.msSsim).toBeCloseTo(similarity, 5);
    expect(point.msSsimDb).toBeCloseTo(toDb(similarity), 3);
    const scores = images.map((image, i) => ssimulacra2(image, shown[i]!));
    expect(point.ssimulacra2).toBeCloseTo(half(scores), 3);
    for (const [i, score] of scores.entries()) expect(point.images?.ssimulacra2?.[i]).toBeCloseTo(score, 2);

    expect(curves[1]!.points.map(({ setting }) => setting)).toEqual(["low", "high"]);
    const codec = await loadCodec({ model: modelFile("low") });
    const { bytes } = await codec.encode(images[1]!);
    expect(curves[1]!.points[0]!.images?.bytes[1]).toBe(bytes.length);
    await codec.close();
  });

  it("gives results whose examples are files of one size, shown in the page of the report", async () => {
    const out = target("report");
    const example = path.join(photographs, "0.png");
    // Drawn models are not shipped: the name by which they are opened is the path of the file.
    const measured = await readFile(target("figures.json"), "utf8");
    const figures = measured.replaceAll(
      /"name": "(low|high)"/g,
      (_, name: string) => `"name": ${JSON.stringify(modelFile(name))}`,
    );
    await writeFile(target("opened-by-path.json"), figures);
    const words = ["report", target("opened-by-path.json"), "--out", out, "--examples", example];
    const { exitCode, stderr } = await runWords(...words);
    expect(exitCode, stderr).toBe(0);
    const page = await readFile(path.join(out, "index.html"), "utf8");
    expect(page.match(/<image [^>]*href="data:image\/png;base64,/g)).toHaveLength(3);
    // Captions: the model's rate, then that of the best JPEG that is not larger; one quality more would be.
    const ours = Number(/(?:low|high): (\d\.\d{3}) bpp, /.exec(page)?.[1]);
    const jpeg = /quality (\d+): (\d\.\d{3}) bpp, /.exec(page);
    const rate = async (quality: number): Promise<number> => {
      const file = await encodeJpeg(images[0]!, { quality, chromaSubsampling: "4:4:4" });
      return (8 * file.length) / (192 * 176);
    };
    expect(Number(jpeg?.[2])).toBeCloseTo(await rate(Number(jpeg?.[1])), 3);
    expect(Number(jpeg?.[2])).toBeLessThanOrEqual(ours);
    expect(await rate(Number(jpeg?.[1]) + 1)).toBeGreaterThan(ours);

    // A model of the same name that is not the measured one is no example of the measurement.
    await writeFile(
      target("other-model.json"),
      figures.replaceAll(/"identity": "[0-9a-f]{64}"/g, `"identity": "${"0".repeat(64)}"`),
    );
    const other = ["report", target("other-model.json"), "--out", target("other"), "--examples", example];
    const refused = await runWords(...other);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/got the identity [0-9a-f]{64}, expected 0{64}, which was measured/);
  });

  it("keeps what is done when interrupted, and goes on from there in several processes", async () => {
    const out = target("interrupted.json");
    const words = ["evaluate", photographs, "--codecs", "avif,jpeg444", "--out", out, "--jobs", "2"];
    let interrupted = false;
    const first = await halfstep(words, {
      onStderr: (child, soFar) => {
        if (!interrupted && soFar.includes(" of 42")) {
          interrupted = true;
          child.kill("SIGINT");
        }
      },
    });
    expect(first.exitCode).toBe(130);
    expect(first.stderr).toMatch(/interrupted; \d+ rows of this run are kept in .*run the same command again/);
    expect(existsSync(out)).toBe(false);
    const kept = (await readFile(`${out}.part`, "utf8")).trimEnd().split("\n");
    expect(kept.length).toBeGreaterThan(0);
    // As if the machine had failed in the middle of a line.
    await writeFile(`${out}.part`, `${kept.join("\n")}\n${kept[0]!.slice(0, 40)}`);

    const second = await halfstep(words);
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toContain(`: ${kept.length} of 42 rows are done already`);
    expect(existsSync(`${out}.part`)).toBe(false);
    const [whole, alone] = await Promise.all([readResult(out), readResult(target("figures.json"))]);
    const figures = ({ points }: (typeof whole.curves)[number]) =>
      points.map((p) => [p.setting, p.bitsPerPixel, p.psnrDb]);
    expect(figures(whole.curves[1]!)).toEqual(figures(alone.curves[0]!));
    // A kept row is not measured again: its time is the one of the first run.
    const { row } = JSON.parse(kept[0]!) as { row: { setting: string; encodeMs: number } };
    const times = whole.curves[0]!.points.find(({ setting }) => setting === row.setting)?.images?.encodeMs;
    expect(times).toContain(Number(row.encodeMs.toFixed(1)));
  });

  it("refuses what it cannot do, before it measures", async () => {
    const refused = async (code: string, message: RegExp, exitCode: number, ...words: string[]): Promise<void> => {
      const ending = await runWords("evaluate", ...words, "--json");
      expect(JSON.parse(ending.stdout)).toMatchObject({ error: { code } });
      expect(ending.stderr).toMatch(message);
      expect(ending.exitCode).toBe(exitCode);
    };
    const out = ["--out", target("refused.json"), "--jobs", "1"];
    const empty = target("empty");
    await mkdir(empty);
    await refused("empty-folder", /got no images, expected PNG/, 1, empty, "--codecs", "jpeg", ...out);
    await refused("cannot-read", /ENOENT/, 1, target("nowhere"), "--codecs", "jpeg", ...out);
    const list = /got "gif", expected some of jpeg, jpeg444, jpeg-baseline, webp, avif, avif-iq, jxl/;
    await refused("unknown-codec", list, 2, photographs, "--codecs", "jpeg,gif", ...out);
    await refused("bad-usage", /neither models nor codecs/, 2, photographs, ...out);
    const twice = [modelFile("low"), path.relative(process.cwd(), modelFile("low"))].join();
    await refused("bad-usage", /which are one model/, 2, photographs, "--models", twice, ...out);
    await refused("missing-model", /nobody/, 2, photographs, "--models", "nobody", ...out);
    const damaged = target("damaged");
    await mkdir(damaged);
    await writeFile(path.join(damaged, "broken.png"), "no PNG at all");
    await refused("not-an-image", /broken\.png/, 1, damaged, "--codecs", "jpeg", ...out);
    const quoted = ["--codecs", "jpeg", ...out, "--quoted"];
    await refused(
      "different-images",
      /whose images are "kodak", beside the folder "photographs"/,
      2,
      photographs,
      ...quoted,
      "vtm",
    );
    await refused("unknown-curve", /--quoted: got "x266", expected one of .*vtm/, 2, photographs, ...quoted, "x266");
    await writeFile(target("there.json"), "{}");
    const there = ["--codecs", "jpeg", "--out", target("there.json")];
    await refused("output-exists", /--force/, 2, photographs, ...there);
    const { PATH } = process.env;
    try {
      process.env.PATH = empty;
      await refused(
        "missing-program",
        /cjxl is not in the PATH.*libjxl-tools/,
        1,
        photographs,
        "--codecs",
        "jxl",
        ...out,
      );
    } finally {
      process.env.PATH = PATH;
    }
    expect(existsSync(target("refused.json.part"))).toBe(false);
  });
});

describe("kept rows", () => {
  it("say so when they cannot be kept", async () => {
    const kept = await KeptRows.open(path.join(folder, "no folder of that name", "out.json"));
    const row = { setting: "1", bytes: 1, psnrDb: 1, msSsim: null, ssimulacra2: null, encodeMs: 1, decodeMs: 1 };
    expect(() => kept.add("key", row)).toThrow(/out\.json\.part: cannot be written \(ENOENT\)/);
    expect(kept.get("key")).toBeUndefined();
  });
});

describe("the files of JPEG XL's programs", () => {
  it("hold pixels as they are, and anything else is refused", () => {
    const image = images[0]!;
    const back = parsePpm(ppm(image));
    expect(back.width).toBe(image.width);
    expect(Buffer.from(back.data).equals(Buffer.from(image.data))).toBe(true);
    // Pixels that look like white space must not be taken for the header's.
    const blank: Image = { width: 1, height: 1, data: new Uint8Array([10, 32, 10]) };
    expect([...parsePpm(ppm(blank)).data]).toEqual([10, 32, 10]);
    expect(() => parsePpm(ppm(image).subarray(0, 500))).toThrow(/djxl wrote 500 bytes/);
    expect(() => parsePpm(new TextEncoder().encode("P5\n1 1\n255\n000"))).toThrow(/expected a PPM of 8-bit RGB/);
  });
});

describe("a result", () => {
  it("is read back as it was written, lists on one line, and is refused with a field that is wrong", async () => {
    const whole = await readResult(target("figures.json"));
    const text = resultText(whole);
    expect(parseResult(JSON.parse(text), "again")).toEqual(whole);
    expect(text).toMatch(/"bytes": \[\d+,\d+\]/);
    const [curve] = whole.curves;
    const changed = (change: object) => ({ ...whole, curves: [{ ...curve, ...change }] });
    expect(() => parseResult(changed({ colour: "red" }), "r.json")).toThrow(/r\.json: curves\.0: .*colour/);
    expect(() => parseResult({ ...whole, curves: [curve, curve] }, "r.json")).toThrow(/"jpeg444" twice/);
    const { images: _, ...means } = curve!.points[0]!;
    expect(() => parseResult(changed({ points: [means] }), "r.json")).toThrow(/got rows of 0 images, expected 2/);
    await expect(readResult(target("nowhere.json"))).rejects.toThrow(/ENOENT/);
  });
});
