/** A real network, trained by the real command, killed without warning in the middle and resumed: nothing may differ. */
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { halfstep } from "./support/child-program.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

const STEPS = 60;

/** The lines of a run's metrics without what depends on the clock, by step and type; the last line of a step counts. */
function losses(metrics: string): Map<string, unknown> {
  const lines = metrics.split("\n").filter((line) => line !== "");
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return new Map(
    entries
      .filter(({ type }) => type === "train" || type === "validation")
      .map(({ milliseconds: _, ...entry }) => [`${entry.type} ${entry.step}`, entry]),
  );
}

it("training that was killed with SIGKILL and resumed arrives at the weights of a run that was not", async () => {
  await withTemporaryFolder(async (folder) => {
    for (const tag of [1, 2, 3]) await writePng(path.join(folder, `images/${tag}.png`), coordinateImage(160, 140, tag));
    const data = path.join(folder, "data");
    expect((await halfstep(["data", "pack", path.join(folder, "images"), data])).exitCode).toBe(0);
    const config = path.join(folder, "config.json");
    await writeFile(
      config,
      JSON.stringify({
        data,
        network: { N: 4, M: 6 },
        batch: 1,
        steps: STEPS,
        drawn: { share: 0.1 },
        checkpointEvery: 7,
        validateEvery: 20,
        validation: { fraction: 0.4, crops: 1, size: 64 },
      }),
    );
    const whole = path.join(folder, "whole");
    const uninterrupted = await halfstep(["train", config, "--out", whole]);
    expect(uninterrupted, uninterrupted.stderr).toMatchObject({ exitCode: 0 });

    const killed = path.join(folder, "killed");
    let isKilled = false;
    const ending = halfstep(["train", config, "--out", killed, "--debug"], {
      onStderr: (child) => {
        const metrics = path.join(killed, "metrics.jsonl");
        const poll = setInterval(() => {
          if (existsSync(metrics) && readFileSync(metrics, "utf8").includes('"step":25,')) {
            isKilled ||= child.kill("SIGKILL");
            clearInterval(poll);
          }
        }, 1);
      },
    });
    expect((await ending).exitCode).toBeNull();
    expect(isKilled).toBe(true);
    const resumed = await halfstep(["train", config, "--out", killed, "--resume"]);
    expect(resumed, resumed.stderr).toMatchObject({ exitCode: 0 });

    const read = async (run: string) => losses(await readFile(path.join(run, "metrics.jsonl"), "utf8"));
    const expected = await read(whole);
    expect(expected.size).toBeGreaterThan(STEPS);
    expect(await read(killed)).toEqual(expected);
    const checkpoint = `checkpoint-${String(STEPS).padStart(8, "0")}.safetensors`;
    expect(await readFile(path.join(killed, checkpoint))).toEqual(await readFile(path.join(whole, checkpoint)));
  });
}, 120_000);
