/** A fork of a run that trains decoder and entropy model alone, by the real command: the encoder of the trunk, bit for bit. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { loadCheckpoint } from "../src/train/checkpoint.ts";
import { halfstep } from "./support/child-program.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

const isEncoder = (name: string): boolean => /^(ga|ha)\./.test(name);

// Five programs, one after another, on machines that may be busy with training runs.
const TIMEOUT_MS = 240_000;

it(
  "forks a run with a frozen encoder, and goes on with the fork to the same weights",
  async () => {
    await withTemporaryFolder(async (folder) => {
      for (const tag of [1, 2, 3])
        await writePng(path.join(folder, `images/${tag}.png`), coordinateImage(160, 140, tag));
      const data = path.join(folder, "data");
      const run = async (...words: string[]) => {
        const result = await halfstep(words);
        expect(result, result.stderr).toMatchObject({ exitCode: 0 });
      };
      await run("data", "pack", path.join(folder, "images"), data);
      const config = path.join(folder, "config.json");
      const optimizer = { warmupSteps: 0, schedule: { type: "constant" } };
      const network = { N: 4, M: 6 };
      await writeFile(config, JSON.stringify({ data, network, batch: 1, steps: 8, optimizer, validateEvery: 0 }));
      const at = (name: string): string => path.join(folder, name);
      await run("train", config, "--out", at("trunk"));
      const fork = ["trained=decoder", "surrogate=ste", `initialWeights=${at("trunk")}`].flatMap((one) => [
        "--set",
        one,
      ]);
      await run("train", config, "--out", at("whole"), ...fork);
      await run("train", config, "--out", at("halves"), ...fork, "--set", "steps=4");
      await run("train", config, "--out", at("halves"), ...fork, "--resume");

      const stateOf = (name: string) => loadCheckpoint(at(name)).checkpoint.state;
      const [trunk, whole, halves] = [stateOf("trunk"), stateOf("whole"), stateOf("halves")];
      const isSame = (name: string): boolean => {
        const [begun, ended] = [trunk.ema.get(name)?.data, whole.weights.get(name)?.data];
        if (begun === undefined || ended === undefined) return expect.unreachable(`no ${name}`);
        return Buffer.from(begun.slice().buffer).equals(Buffer.from(ended.slice().buffer));
      };
      const names = [...trunk.ema.keys()];
      expect(names.filter((name) => isEncoder(name) && !isSame(name))).toEqual([]);
      // After so few steps all latents round to 0, and not every part behind them has a gradient; the synthesis has.
      expect(names.filter((name) => name.startsWith("gs.") && name.endsWith(".bias") && isSame(name))).toEqual([]);
      expect(whole.ema.size).toBe(trunk.ema.size);
      expect([...whole.firstMoments.keys()].some(isEncoder)).toBe(false);
      expect(halves).toEqual(whole);
    });
  },
  TIMEOUT_MS,
);
