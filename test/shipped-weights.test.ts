/** The models that come with the project: each works from the command line by name, and they are ordered as they say. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { mayComeBackBadly } from "../src/cli/compress/promised-psnr.ts";
import { msSsim, psnr } from "../src/evaluate/index.ts";
import { readImage } from "../src/image/read-image.ts";
import { listModels, loadCodec, loadCodecFor } from "../src/node.ts";
import { PROJECT } from "./support/child-program.ts";
import { runWords } from "./support/run-words.ts";
import { withTemporaryFolder } from "./support/training-images.ts";

const PHOTOGRAPH = path.join(PROJECT, "samples", "fig.png");
const models = await listModels();

describe("the shipped models", () => {
  it("are there, and all of one rate that serves all qualities", () => {
    expect(models.map(({ name }) => name).sort()).toEqual(["halfstep-1", "halfstep-2", "halfstep-2-eye"]);
    expect(models.filter(({ lambdaRange }) => lambdaRange === null)).toEqual([]);
  });

  it("are known to the check of what was written, where they were trained for the squared error", () => {
    const ofSquaredError = models.filter(({ distortion }) => distortion === "mse");
    expect(ofSquaredError).toHaveLength(2);
    for (const model of ofSquaredError) expect(mayComeBackBadly(0, model.lambda, model), model.name).toBe(false);
  });

  it("have the one of variable rate among them that serves where none is named", async () => {
    const codec = await loadCodec();
    const { image } = await readImage(PHOTOGRAPH);
    const { quality } = await codec.encode(image);
    await codec.close();
    expect([codec.model.name, quality]).toEqual(["halfstep-2", 50]);
  });

  it("have one for the eye among them that serves where none is named but the tune is", async () => {
    const codec = await loadCodec({ tune: "ssim" });
    await codec.close();
    expect(codec.model).toMatchObject({ name: "halfstep-2-eye", distortion: "ms-ssim+mse" });
  });

  it("keep more of the structures in fewer bytes where they are for the eye", async () => {
    const { image } = await readImage(PHOTOGRAPH);
    const codedBy = async (tune: "psnr" | "ssim", quality: number) => {
      const codec = await loadCodec({ tune });
      const { bytes } = await codec.encode(image, { quality });
      const decoded = await codec.decode(bytes);
      await codec.close();
      return { bytes: bytes.length, similarity: msSsim(image, decoded) };
    };
    const [exact, seen] = [await codedBy("psnr", 50), await codedBy("ssim", 50)];
    expect(seen.bytes).toBeLessThan(0.95 * exact.bytes);
    expect(seen.similarity).toBeGreaterThan(exact.similarity);
  });

  const variable = models.flatMap(({ name, lambdaRange }) =>
    lambdaRange === null ? [] : [[0, 25, 50, 75, 100].map((quality) => ({ model: name, quality }))],
  );
  it.each([...variable.map((points) => [`qualities of ${points[0]?.model}`, points] as const)] as const)(
    "have more bits and less error from each to the next: %s",
    async (_, settings) => {
      const { image } = await readImage(PHOTOGRAPH);
      const points: { bitsPerPixel: number; psnrDb: number }[] = [];
      for (const { model, ...options } of settings) {
        const codec = await loadCodec({ model });
        const { bytes, bitsPerPixel, estimatedBits } = await codec.encode(image, { ...options, estimate: true });
        // Header, tables rounded to 16 bits and the coder's state: no more than this beyond what the densities say.
        const estimatedBytes = (estimatedBits as number) / 8;
        expect(bytes.length).toBeLessThan(1.01 * estimatedBytes + 64);
        // It may be less: training counts 30 bits for what its densities hold impossible, tables 16 and escapes 22 and more.
        expect(bytes.length).toBeGreaterThan(0.85 * estimatedBytes);
        points.push({ bitsPerPixel, psnrDb: psnr(image, await codec.decode(bytes)) });
        await codec.close();
      }
      expect(points.length).toBeGreaterThan(2);
      for (const [i, { bitsPerPixel, psnrDb }] of points.entries()) {
        expect(bitsPerPixel).toBeGreaterThan(points[i - 1]?.bitsPerPixel ?? 0.05);
        expect(psnrDb).toBeGreaterThan(points[i - 1]?.psnrDb ?? 24);
        expect(bitsPerPixel).toBeLessThan(4);
      }
    },
  );

  it.each(models)(
    "include $name, which compresses by its name and decompresses without it",
    async ({ name, identity }) => {
      await withTemporaryFolder(async (folder) => {
        const [stream, picture] = [path.join(folder, "a.hst"), path.join(folder, "a.png")];
        expect(await runWords("compress", PHOTOGRAPH, stream, "--model", name)).toMatchObject({
          stderr: "",
          exitCode: 0,
        });
        const restored = await runWords("decompress", stream, picture, "--json");
        expect(restored).toMatchObject({ stderr: "", exitCode: 0 });
        expect(JSON.parse(restored.stdout)).toMatchObject({ model: name, modelIdentity: identity });
        const bytes = readFileSync(stream);
        const codec = await loadCodecFor(bytes);
        expect(Buffer.compare((await codec.decode(bytes)).data, (await readImage(picture)).image.data)).toBe(0);
        await codec.close();
      });
    },
  );
});
