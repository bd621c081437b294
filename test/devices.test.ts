/** `--device` from outside: a graphics card gives the files of the processor, and one that is not there is refused in words. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeImage } from "../src/image/read-image.ts";
import { halfstep, PROJECT } from "./support/child-program.ts";
import { type CodecFixture, makeCodecFixture } from "./support/codec-fixture.ts";
import { missingSwiftShader, SWIFTSHADER_ENVIRONMENT } from "./support/graphics-child.ts";
import { pictureModelBytes } from "./support/picture-model.ts";
import { runWords } from "./support/run-words.ts";
import { coordinateImage, writePng } from "./support/training-images.ts";

/** A graphics card in software is slow, and slower on a busy machine. */
const TIMEOUT = { timeout: 120_000 };
const missing = missingSwiftShader();
const CUDA_LIBRARY = path.join(
  PROJECT,
  `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`,
);

let folder: string;
let fixture: CodecFixture;

beforeAll(async () => {
  if (missing !== null)
    process.stderr.write(`devices.test.ts: --device webgpu is not tested here: it needs ${missing}\n`);
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-devices-"));
  fixture = await makeCodecFixture(folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const file = (name: string): string => path.join(folder, name);
const compressing = (device: string): readonly string[] => [
  "compress",
  fixture.image,
  file("none.hst"),
  "--model",
  fixture.model,
  "--device",
  device,
];
/** What a run measured, all numbers of all lines but times, in order. */
const measured = async (run: string): Promise<readonly number[]> => {
  const lines = (await readFile(file(`${run}/metrics.jsonl`), "utf8")).trimEnd().split("\n");
  return lines.flatMap((line) => {
    const { milliseconds: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return Object.values(rest).filter((value) => typeof value === "number");
  });
};
const pixels = async (name: string) => (await decodeImage(await readFile(file(name)), name)).image.data;

describe("--device", () => {
  it.skipIf(missing !== null)("webgpu writes what cpu reads, and reads what cpu wrote", TIMEOUT, async () => {
    const image = file("picture.png");
    await writePng(image, coordinateImage(40, 30, 9));
    // A network whose channels are multiples of 4, as WebGPU needs them.
    const model = file("fours.safetensors");
    await writeFile(model, pictureModelBytes({ type: "mean-scale-hyperprior", N: 8, M: 8 }));
    expect(await runWords("compress", image, file("cpu.hst"), "--model", model)).toMatchObject({ exitCode: 0 });
    const onGraphics = ["--model", model, "--device", "webgpu"];
    const env = SWIFTSHADER_ENVIRONMENT;
    expect(await halfstep(["compress", image, file("gpu.hst"), ...onGraphics], { env })).toMatchObject({ exitCode: 0 });
    expect(await halfstep(["decompress", file("cpu.hst"), file("gpu.png"), ...onGraphics], { env })).toMatchObject({
      exitCode: 0,
    });
    const onProcessor = ["--model", model, "--device", "cpu"];
    expect(await runWords("decompress", file("gpu.hst"), file("from-gpu.png"), ...onProcessor)).toMatchObject({
      exitCode: 0,
    });
    expect(await runWords("decompress", file("cpu.hst"), file("cpu.png"), ...onProcessor)).toMatchObject({
      exitCode: 0,
    });
    const expected = await pixels("cpu.png");
    for (const name of ["gpu.png", "from-gpu.png"]) {
      const steps = (await pixels(name)).map((level, i) => Math.abs(level - expected[i]!));
      expect(Math.max(...steps)).toBeLessThanOrEqual(1);
    }
    const verified = await halfstep(["model", "verify", model, "--device", "webgpu", "--json"], { env });
    expect(verified, verified.stderr).toMatchObject({ exitCode: 0 });
    const { exactGraphs, pictures } = JSON.parse(verified.stdout);
    expect(exactGraphs).toEqual(["hyper-synthesis"]);
    // 8 channels, both directions: 64 x 64 and 256 x 192 pixels after padding, over 16 x 16.
    expect(pictures.map(({ latents }: { latents: number }) => latents)).toEqual([2 * 8 * 16, 2 * 8 * 192]);
  });

  it.skipIf(process.platform !== "linux")(
    "webgpu without a graphics card is refused, and nothing is written",
    async () => {
      const ending = await halfstep([...compressing("webgpu"), "--json"], {
        env: { VK_DRIVER_FILES: "/nowhere.json", VK_ICD_FILENAMES: "/nowhere.json" },
      });
      expect(ending.exitCode).toBe(1);
      const { error } = JSON.parse(ending.stdout);
      expect(error.code).toBe("device-unavailable");
      expect(error.message).toMatch(
        /^device: got "webgpu", expected .*; install a driver .* or take the device "cpu"$/,
      );
      expect(existsSync(file("none.hst"))).toBe(false);
    },
  );

  it.skipIf(missing !== null)(
    "webgpu is refused for a network that onnxruntime computes wrongly there",
    TIMEOUT,
    async () => {
      const ending = await halfstep([...compressing("webgpu"), "--json"], { env: SWIFTSHADER_ENVIRONMENT });
      expect(ending.exitCode).toBe(1);
      expect(JSON.parse(ending.stdout).error.message).toMatch(/convolution from 6 to 4 channels/);
    },
  );

  it.skipIf(existsSync(CUDA_LIBRARY))("cuda without its library is refused", async () => {
    const ending = await halfstep(compressing("cuda"));
    expect(ending.exitCode).toBe(1);
    expect(ending.stderr).toMatch(
      /^halfstep: device: got "cuda", expected .*; install CUDA .* or take the device "cpu"\n$/,
    );
  });

  it.skipIf(missing !== null)("webgpu trains to the losses of cpu", { timeout: 300_000 }, async () => {
    for (const tag of [1, 2, 3]) await writePng(file(`images/${tag}.png`), coordinateImage(160, 140, tag));
    expect(await runWords("data", "pack", file("images"), file("packed"))).toMatchObject({ exitCode: 0 });
    const settings = {
      data: file("packed"),
      // With 16 channels transposed convolutions are computed by their phases, from slices of the fed kernels.
      network: { type: "mean-scale-hyperprior", N: 16, M: 8 },
      batch: 1,
      steps: 2,
      validateEvery: 2,
      validation: { fraction: 0.4, crops: 1, size: 64 },
    };
    await writeFile(file("train.json"), JSON.stringify(settings));
    const onProcessor = await runWords("train", file("train.json"), "--out", file("cpu-run"));
    expect(onProcessor, onProcessor.stderr).toMatchObject({ exitCode: 0 });
    const words = ["train", file("train.json"), "--out", file("gpu-run"), "--device", "webgpu"];
    const onGraphics = await halfstep(words, { env: SWIFTSHADER_ENVIRONMENT });
    expect(onGraphics, onGraphics.stderr).toMatchObject({ exitCode: 0 });
    const [expected, found] = await Promise.all([measured("cpu-run"), measured("gpu-run")]);
    // 2 steps and a validation, each with at least loss, rate, distortion and norm of the gradient.
    expect(expected.length).toBeGreaterThanOrEqual(12);
    expect(found.length).toBe(expected.length);
    for (const [i, value] of expected.entries()) {
      // Sums of up to 16,384 terms in another order; losses differed by 1e-6.
      expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-4 * Math.abs(value) + 1e-6);
    }
    // Its numbers are not those of the processor: a run goes on where it began.
    const resumed = await runWords("train", file("train.json"), "--out", file("gpu-run"), "--resume");
    expect(resumed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("device") });
  });

  it("of another name is misuse", async () => {
    const words = ["compress", fixture.image, file("none.hst"), "--model", fixture.model, "--device", "tpu"];
    expect(await runWords(...words)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("cpu, webgpu, cuda"),
    });
  });
});
