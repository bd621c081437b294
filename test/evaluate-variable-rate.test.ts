/** `halfstep evaluate` and `report` with models of variable rate: one model, a curve of qualities. The models are drawn, not trained. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  COMPARED_CODECS,
  drawExample,
  EXAMPLE_RATE,
  nameCurves,
  qualityResponse,
  readResult,
} from "../src/evaluate/study/index.ts";
import { loadCodec } from "../src/node.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, writePng } from "./support/training-images.ts";

const NETWORK = { type: "halfstep", N: 8, M: 12 } as const;

let folder: string;
let images: string;
let model: string;
let twin: string;
let fixed: string;
const target = (name: string): string => path.join(folder, name);
const photographs = [coordinateImage(192, 176, 1), coordinateImage(176, 200, 2)];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-variable-"));
  images = target("photographs");
  for (const [i, image] of photographs.entries()) await writePng(path.join(images, `${i}.png`), image);
  [model, twin, fixed] = [target("a.safetensors"), target("b.safetensors"), target("fixed.safetensors")];
  await writeFile(model, randomModelBytes(NETWORK, { name: "Halfstep-a" }));
  await writeFile(fixed, randomModelBytes({ type: "mean-scale-hyperprior", N: 8, M: 12 }, { name: "fixed" }));
  await writeFile(twin, randomModelBytes(NETWORK, { name: "halfstep-A", seed: 2, latentGain: 6 }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("evaluate", () => {
  it("gives a model of variable rate a point for each quality, with the bytes that the codec gives", async () => {
    const out = target("curve.json");
    const words = ["evaluate", images, "--models", model, "--qualities", "0-100:50", "--out", out, "--jobs", "1"];
    const { exitCode, stdout, stderr } = await runWords(...words);
    expect(exitCode, stderr).toBe(0);
    const { curves } = await readResult(out);
    expect(curves).toHaveLength(1);
    const [{ codec, label, settings, points }] = curves as [(typeof curves)[number]];
    expect(codec).toBe("halfstep-a");
    expect(label).toContain("Halfstep-a");
    expect(settings).toMatch(/variable rate: .*lambda 0\.0016 to 0\.128/);
    expect(points.map(({ model }) => model?.quality).sort()).toEqual([0, 100, 50]);
    expect(stdout).toMatch(/halfstep-a: .*steps? of the quality/);
    const opened = await loadCodec({ model });
    for (const point of points) {
      expect(point.setting).toBe(String(point.model?.quality));
      expect(point.model).toMatchObject({ name: "Halfstep-a", identity: opened.model.identity });
      const files = await Promise.all(
        photographs.map((image) => opened.encode(image, { quality: Number(point.setting) })),
      );
      expect(point.images?.bytes).toEqual(files.map(({ bytes }) => bytes.length));
    }
    await opened.close();
    // Qualities are different files: a setting that nobody reads would give one rate.
    expect(new Set(points.map(({ bitsPerPixel }) => bitsPerPixel)).size).toBe(3);
  });

  it("gives every effort a curve of its own, with the bytes that the codec gives", async () => {
    const out = target("efforts.json");
    const small = coordinateImage(64, 48, 5);
    await writePng(target("small/0.png"), small);
    const words = [
      "evaluate",
      target("small"),
      "--models",
      model,
      "--qualities",
      "40",
      "--effort",
      "0,1",
      "--out",
      out,
    ];
    const { exitCode, stderr } = await runWords(...words, "--jobs", "1");
    expect(exitCode, stderr).toBe(0);
    const { curves } = await readResult(out);
    expect(curves.map(({ codec, label }) => [codec, label])).toEqual([
      ["halfstep-a", expect.not.stringContaining("effort")],
      ["halfstep-a-effort-1", expect.stringMatching(/, effort 1$/)],
    ]);
    const opened = await loadCodec({ model });
    for (const [effort, { points }] of curves.entries()) {
      const { bytes } = await opened.encode(small, { quality: 40, effort });
      expect(points[0]?.images?.bytes).toEqual([bytes.length]);
      expect(points[0]?.model?.effort).toBe(effort === 0 ? undefined : effort);
    }
    await opened.close();
    expect(curves[0]?.points[0]?.images?.bytes).not.toEqual(curves[1]?.points[0]?.images?.bytes);
    const bad = await runWords(...words, "--effort", "0,12");
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("whole numbers from 0 to 9") });
  });

  it("measures eleven qualities where none are chosen, beside other models and codecs", async () => {
    const out = target("usual.json");
    const models = `${fixed},${model}`;
    const words = ["evaluate", images, "--models", models, "--codecs", "webp", "--out", out, "--jobs", "1", "--json"];
    const { exitCode, stdout, stderr } = await runWords(...words);
    expect(exitCode, stderr).toBe(0);
    const { curves } = await readResult(out);
    expect(curves.map(({ codec, points }) => [codec, points.length])).toEqual([
      ["webp", COMPARED_CODECS.find(({ name }) => name === "webp")?.ladder.length],
      ["halfstep-mean-scale-hyperprior-8", 1],
      ["halfstep-a", 11],
    ]);
    expect(curves[1]?.points[0]?.model).toEqual({ name: "fixed", identity: expect.any(String) });
    const { qualityProblems } = JSON.parse(stdout) as { qualityProblems: { codec: string }[] };
    expect(qualityProblems.map(({ codec }) => codec)).toEqual(["halfstep-a"]);
  });

  it("checks with --check-qualities that the qualities rise evenly, and fails with the result written where they do not", async () => {
    const checked = (out: string, ...words: string[]) =>
      runWords("evaluate", images, "--out", target(out), "--jobs", "1", "--check-qualities", ...words);
    // Drawn models may answer either way; what counts is that the command's word is that of its file.
    for (const [name, file] of Object.entries({ model, twin })) {
      const { exitCode, stdout, stderr } = await checked(`${name}.json`, "--models", file, "--qualities", "0-100:25");
      const [curve] = (await readResult(target(`${name}.json`))).curves;
      const { problems } = qualityResponse(curve!)!;
      expect(exitCode).toBe(problems.length === 0 ? 0 : 1);
      if (problems.length === 0) expect(stdout).toContain("Rate and PSNR rise at each of 4 steps");
      else expect(stderr).toContain(`${curve!.codec}: ${problems[0]}`);
    }
    const none = await checked("none.json", "--codecs", "webp");
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toMatch(/got no model of variable rate at three qualities.*the file is written/);
    expect((await readResult(target("none.json"))).curves).toHaveLength(1);
  });

  it("refuses qualities without such a model, qualities that are none, and two curves of one name", async () => {
    const refused = async (message: RegExp, ...words: string[]): Promise<void> => {
      const { stderr, exitCode } = await runWords("evaluate", images, "--out", target("refused.json"), ...words);
      expect(stderr).toMatch(message);
      expect(exitCode).toBe(2);
    };
    await refused(/--qualities: got no model of variable rate/, "--codecs", "webp", "--qualities", "50");
    await refused(/Expected numbers from 0 to 100/, "--models", model, "--qualities", "101");
    await refused(/two curves called halfstep-a; package one/, "--models", `${model},${twin}`);
    await refused(/two numbers of bits per pixel/, "--models", model, "--rates", "1");
  });
});

describe("examples", () => {
  it("take the quality nearest the wanted rate of the first model, and the best of another that is not larger", async () => {
    const [named] = nameCurves([{ file: "model.json", result: await readResult(target("model.json")) }]);
    // Drawn models are not shipped: the name by which this one is opened is the path of its file.
    const points = named!.points.map((point) => ({ ...point, model: { ...point.model!, name: model } }));
    const curves = ["first", "second"].map((name) => ({ ...named!, name, points }));
    const { chart } = await drawExample(curves, path.join(images, "0.png"));
    const found = [...chart.description.matchAll(/quality (\d+): (\d+\.\d{3}) bpp/g)];
    expect(found).toHaveLength(2);
    const [first, second] = found.map(([, quality, rate]) => [Number(quality), Number(rate)] as const);
    const distance = (rate: number): number => Math.abs(Math.log(rate / EXAMPLE_RATE));
    const nearest = curves[0]!.points.toSorted((a, b) => distance(a.bitsPerPixel) - distance(b.bitsPerPixel))[0]!;
    expect(first![0]).toBe(nearest.model.quality);
    expect(second![1]).toBeLessThanOrEqual(first![1]);
    expect(second![0]).toBeGreaterThanOrEqual(first![0]);
    const opened = await loadCodec({ model });
    const next = await opened.encode(photographs[0]!, { quality: second![0] + 1 });
    expect(next.bitsPerPixel).toBeGreaterThan(first![1]);
    await opened.close();
  });
});

describe("report", () => {
  it("draws one line for the model, tells how it answers to the quality, and compares all with all", async () => {
    const out = target("report");
    const words = ["report", target("usual.json"), "--out", out, "--anchor", "webp", "--rates", "0.05,20"];
    const { exitCode, stderr } = await runWords(...words);
    expect(exitCode, stderr).toBe(0);
    const text = await readFile(path.join(out, "bd-rate.md"), "utf8");
    expect(text).toContain("## Quality setting of Halfstep-a (Halfstep, variable rate)");
    expect(text.match(/^\| (0|10|20|30|40|50|60|70|80|90|100) \| \d+\.\d{4} \|/gm)).toHaveLength(11);
    expect(text).toContain("at 0.05 to 20 bits per pixel of either");
    expect(text).toContain("| BD-rate of | vs webp | vs halfstep-mean-scale-hyperprior-8 | vs halfstep-a |");
    // One model of fixed rate is one point, which nothing is compared with.
    expect(text).toMatch(/^\| webp \| {2}\| - \| [^|]+ \|$/m);
    const page = await readFile(path.join(out, "index.html"), "utf8");
    expect(page).toContain("Halfstep-a (Halfstep, variable rate)");
  });
});
