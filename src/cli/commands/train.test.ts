import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runWords } from "../../../test/support/run-words.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "../../../test/support/training-images.ts";

it("says what is damaged in a run that it resumes before it trains, and in the JSON document", async () => {
  await withTemporaryFolder(async (folder) => {
    await writePng(path.join(folder, "images", "a.png"), coordinateImage(160, 140, 1));
    const [data, config, run] = ["data", "config.json", "run"].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    expect((await runWords("data", "pack", path.join(folder, "images"), data)).exitCode).toBe(0);
    const settings = {
      data,
      network: { N: 4, M: 6 },
      batch: 1,
      crop: 128,
      steps: 2,
      checkpointEvery: 1,
      validateEvery: 0,
    };
    writeFileSync(config, JSON.stringify(settings));
    const first = await runWords("train", config, "--out", run, "--json");
    expect(first, first.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(first.stdout)).toMatchObject({ outcome: "finished", step: 2, warnings: [] });
    writeFileSync(path.join(run, "checkpoint-00000002.safetensors"), "rubbish");
    const second = await runWords("train", config, "--out", run, "--resume", "--json");
    expect(second, second.stderr).toMatchObject({ exitCode: 0 });
    const { warnings, ...document } = JSON.parse(second.stdout);
    expect(document).toMatchObject({ outcome: "finished", step: 2, resumedAt: 1 });
    expect(warnings).toEqual([expect.stringContaining("checkpoint of step 2")]);
    const lines = second.stderr.split("\n");
    expect(lines[0]).toBe(warnings[0]);
    expect(lines[1]).toMatch(/^step 2\/2 /);
  });
});
