/** What an interrupted evaluation takes from its kept rows, and what ends one. The models are drawn, not trained. */
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { beforeEach, describe, expect, it } from "vitest";
import { randomModelBytes } from "../../../test/support/random-model.ts";
import { describeProgram, describeState } from "../../surroundings.ts";
import { type EvaluateOptions, evaluateFolder } from "./evaluate-folder.ts";
import { readResult } from "./result-schema.ts";

const NETWORK = { type: "factorized-prior", N: 4, M: 6 } as const;

let folder: string;
let model: string;
let out: string;
let evaluation: Omit<EvaluateOptions, "signal">;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-kept-"));
  [model, out] = [path.join(folder, "model.safetensors"), path.join(folder, "result.json")];
  await writeFile(model, randomModelBytes(NETWORK));
  const images = path.join(folder, "images");
  await mkdir(images);
  for (const [i, alpha] of [1, 0.5].entries()) {
    const background = { r: 200, g: 80, b: 30, alpha };
    await sharp({ create: { width: 40, height: 30, channels: 4, background } }).toFile(path.join(images, `${i}.png`));
  }
  evaluation = { folder: images, models: [model], out, processes: 1 };
  return () => rm(folder, { recursive: true, force: true });
});

/** Measures one row, and is interrupted. */
async function interruptedAfterOne(): Promise<void> {
  const interruption = new AbortController();
  const onProgress = (): void => interruption.abort(new Error("interrupted"));
  await expect(evaluateFolder({ ...evaluation, signal: interruption.signal, onProgress })).rejects.toThrow(
    "interrupted",
  );
}

/** Goes on to the end. Gives the notes about rows that were found done. */
async function goneOn(): Promise<readonly string[]> {
  const notes: string[] = [];
  await evaluateFolder({ ...evaluation, signal: new AbortController().signal, onNote: (text) => notes.push(text) });
  return notes.filter((note) => note.includes("done already"));
}

describe("an evaluation that was interrupted", () => {
  it("goes on with the rows of a model that the same program measured", async () => {
    await interruptedAfterOne();
    expect(await goneOn()).toEqual([`${out}.part: 1 of 2 rows are done already`]);
  });

  it("measures rows anew that were kept before there was SSIMULACRA 2", async () => {
    await interruptedAfterOne();
    const rows = await readFile(`${out}.part`, "utf8");
    expect(rows).toMatch(/"ssimulacra2":-?\d/);
    await writeFile(`${out}.part`, rows.replace(/"ssimulacra2":[^,]*,/, ""));
    expect(await goneOn()).toEqual([]);
    expect((await readResult(out)).curves[0]?.points[0]?.images?.ssimulacra2).toHaveLength(2);
  });

  it("measures the rows of a model anew that another program measured", async () => {
    const program = describeProgram(await describeState());
    for (const other of [
      program.replace(/halfstep \d/, "halfstep 999"),
      program.replace(/onnxruntime-node \d/, "onnxruntime-node 999"),
      describeProgram({ commit: "0".repeat(40), uncommittedChanges: false }),
    ]) {
      await interruptedAfterOne();
      const rows = await readFile(`${out}.part`, "utf8");
      expect(rows).toContain(program);
      await writeFile(`${out}.part`, rows.replaceAll(program, other));
      expect(await goneOn()).toEqual([]);
      await rm(out);
    }
  });
});

describe("an evaluation", () => {
  it("ends where a model file becomes another before it is opened", async () => {
    // The second image has an alpha channel, about which there is a note once the models are planned.
    const onNote = (): void => writeFileSync(model, randomModelBytes(NETWORK, { seed: 2 }));
    const changed = evaluateFolder({ ...evaluation, signal: new AbortController().signal, onNote });
    await expect(changed).rejects.toMatchObject({ name: "HalfstepError", code: "wrong-identity" });
  });
});

describe("the description of the program", () => {
  it("tells the state of the sources, and versions alone where it is not known", () => {
    const installed = describeProgram({ commit: null, uncommittedChanges: null });
    expect(installed).toMatch(/^halfstep \d+\.\d+\.\d+, onnxruntime-node \d+\.\d+\.\d+$/);
    const states = [
      installed,
      ...["a", "b"].flatMap((commit) =>
        [true, false].map((uncommittedChanges) => describeProgram({ commit, uncommittedChanges })),
      ),
    ];
    expect(new Set(states).size).toBe(5);
  });
});
