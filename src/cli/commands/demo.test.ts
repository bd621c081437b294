/** Which models `halfstep demo` gives a quality to. That it compares photographs is tested in test/codec-commands.test.ts. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PROJECT } from "../../../test/support/child-program.ts";
import { runWords } from "../../../test/support/run-words.ts";
import { coordinateImage, writePng } from "../../../test/support/training-images.ts";
import { listModels } from "../../node.ts";

// Every shipped model codes a photograph, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

const models = await listModels();
const isMixed = new Set(models.map(({ lambdaRange }) => lambdaRange === null)).size === 2;

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-demo-"));
  await writePng(at("photograph.png"), coordinateImage(40, 30, 1));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("halfstep demo with a quality", () => {
  it.skipIf(!isMixed)(
    "shows with --all those of variable rate at it, and those of fixed rate as they are",
    async () => {
      const words = ["demo", at("photograph.png"), "--all", "--quality", "40", "--out", at("all"), "--json", "--quiet"];
      const { exitCode, stdout, stderr } = await runWords(...words);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      const { results } = JSON.parse(stdout) as { results: { model: string; quality: number | null }[] };
      expect(results.map(({ model, quality }) => [model, quality])).toEqual(
        models.map(({ name, lambdaRange }) => [name, lambdaRange === null ? null : 40]),
      );
    },
  );

  it.skipIf(!isMixed)("refuses it for a named model of fixed rate, before anything is coded", async () => {
    const { name = "" } = models.find(({ lambdaRange }) => lambdaRange === null) ?? {};
    const words = ["--model", name, "--quality", "40", "--out", at("none"), "--json"];
    const { exitCode, stdout, stderr } = await runWords("demo", at("photograph.png"), ...words);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "fixed-rate-model" } });
    expect(stderr).toContain(`quality: got 40 for the model "${name}", which has one rate only`);
    expect(existsSync(at("none"))).toBe(false);
  });

  it("says once what reading a picture changed, at however many qualities it is shown", async () => {
    const picture = path.join(PROJECT, "test/pictures/s16-other.png");
    const told = await runWords("demo", picture, "--out", at("notes"));
    expect(told.stderr.match(/16-bit samples were reduced/g)).toHaveLength(1);
  });
});
