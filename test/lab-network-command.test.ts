/** `halfstep lab network` on runs of untrained networks. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { initializeParameters } from "../src/networks/index.ts";
import { networkObjective } from "../src/objective/network-objective.ts";
import { ROUNDING } from "../src/objective/surrogate-inputs.ts";
import { saveCheckpoint } from "../src/train/checkpoint.ts";
import { parseConfig } from "../src/train/parse-config.ts";
import { runWords } from "./support/run-words.ts";

// Seconds of arithmetic, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "halfstep-lab-network-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A run of a network that has learned nothing. */
function writeRun(name: string, fields: object): string {
  const run = path.join(folder, name);
  mkdirSync(run);
  const config = parseConfig(JSON.stringify({ data: "unused", ...fields }), [], "test");
  const { parameters } = networkObjective(config, ROUNDING, { batch: 1, side: 64 });
  const weights = initializeParameters(parameters, 1);
  saveCheckpoint(run, {
    step: 1,
    config,
    state: { weights, firstMoments: weights, secondMoments: weights, ema: weights },
  });
  return run;
}

const words = (run: string, ...more: string[]): string[] => {
  const few = ["--crop", "64", "--count", "2", "--draws", "2", "--quiet"];
  return ["lab", "network", "--checkpoint", run, ...few, ...more];
};

describe("halfstep lab network", () => {
  it("gives lambda and intervals over the images", async () => {
    const run = writeRun("fixed", { network: { type: "factorized-prior", N: 4, M: 4 }, lambda: 0.01 });
    const { stdout, stderr, exitCode } = await runWords(...words(run, "--pair", "aun", "--json"));
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ lambda: 0.01, lambdaRange: null, draws: 2 });
    const [aun] = document.pairs;
    expect(aun.lossMismatch.low).toBeLessThan(aun.lossMismatch.value);
    const table = (await runWords(...words(run, "--pair", "aun"))).stdout;
    expect(table).toMatch(/^aun .* -?[\d.]+\.\.-?[\d.]+ /m);
  });

  it("gives no interval of a single image, and draws it", async () => {
    const run = writeRun("single", { network: { type: "factorized-prior", N: 4, M: 4 }, lambda: 0.01 });
    for (const pair of ["aun", "ste"]) {
      const out = path.join(folder, `figures-${pair}`);
      const one = words(run, "--pair", pair, "--count", "1", "--out", out, "--json");
      const { stdout, stderr, exitCode } = await runWords(...one);
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(JSON.parse(stdout).pairs[0].lossMismatch).toMatchObject({ low: null, high: null });
      expect(existsSync(path.join(out, "network-mismatch.png"))).toBe(true);
    }
  });

  it("gives the range of lambda of a network of variable rate, and no single one", async () => {
    const structure = { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 2 };
    const network = { type: "halfstep", N: 8, M: 8, structure };
    const run = writeRun("variable", { network, lambdaRange: [0.002, 0.1] });
    const { stdout } = await runWords(...words(run, "--pair", "ste", "--json", "--count", "1"));
    expect(JSON.parse(stdout)).toMatchObject({ lambda: null, lambdaRange: [0.002, 0.1] });
  });

  it("refuses a pair of two stages, which fixed weights cannot show", async () => {
    const { stdout, stderr, exitCode } = await runWords(
      ...words("/nowhere", "--pair", "ste", "--pair", "soft-then-hard"),
    );
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toMatch(/got "soft-then-hard", .* name aun/);
  });
});
