import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runWords } from "../../../test/support/run-words.ts";

// Seconds of arithmetic, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "halfstep-lab-cli-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("halfstep lab", () => {
  it("gives both rates of a normal latent as numbers", async () => {
    const { stdout, stderr, exitCode } = await runWords(
      "lab",
      "rate-mismatch",
      "--deviation",
      "0.2",
      "--bound",
      "0.3",
      "--json",
    );
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const document = JSON.parse(stdout);
    expect(document.trainingBits).toBeCloseTo(0.573, 3);
    expect(document.realBits).toBeCloseTo(0.198, 3);
  });

  it("gives every figure of a surrogate with its interval and method", async () => {
    const words = [
      "lab",
      "surrogate",
      "--id",
      "sua",
      "--form",
      "soft",
      "--temperature",
      "0.3",
      "--target-offset",
      "0.3",
      "--json",
    ];
    const document = JSON.parse((await runWords(...words)).stdout);
    expect(document).toMatchObject({ id: "sua", form: "soft", temperature: 0.3, gradient: "pathwise" });
    for (const [name, printed] of Object.entries({
      mismatch: 0.129,
      noisePower: 0.0833,
      jacobianVariance: 0.576,
      biasSquaredVsNoise: 0.0982,
      biasSquaredVsHard: 0.432,
      variance: 0.639,
    })) {
      const { value, low, high, method } = document[name];
      expect(value, name).toBeCloseTo(printed, 3);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      expect(["closed form", "quadrature", "monte carlo"]).toContain(method);
    }
  });

  it("repeats a simulation with the same seed", async () => {
    const words = [
      "lab",
      "surrogate",
      "--id",
      "sra",
      "--method",
      "monte carlo",
      "--samples",
      "500",
      "--seed",
      "4",
      "--json",
    ];
    const first = await runWords(...words);
    expect((await runWords(...words)).stdout).toBe(first.stdout);
    expect(JSON.parse(first.stdout).variance.method).toBe("monte carlo");
  });

  it.each([
    ["an unknown surrogate", ["surrogate", "--id", "noise"], /got "noise", expected one of aun, ste, /],
    ["an unknown form", ["surrogate", "--id", "sua", "--form", "hard"], /expected one of soft, dither, stochastic/],
    [
      "a temperature out of range",
      ["surrogate", "--id", "sua", "--form", "dither", "--temperature", "2"],
      /from 0 to 1/,
    ],
    [
      "a temperature for a surrogate without",
      ["surrogate", "--id", "aun", "--temperature", "1"],
      /no temperature: aun has none/,
    ],
    [
      "an unknown method",
      ["surrogate", "--id", "aun", "--method", "guess"],
      /Expected one of closed form, quadrature, monte carlo/,
    ],
    [
      "a temperature that float64 cannot resolve",
      ["surrogate", "--id", "soft-round", "--temperature", "0.02"],
      /not resolvable in float64.*"monte carlo"/,
    ],
    [
      "a target out of sight",
      ["surrogate", "--id", "sga", "--target-offset", "1e160"],
      /Expected a number from -1000 to 1000/,
    ],
    [
      "a simulation of one",
      ["surrogate", "--id", "aun", "--method", "monte carlo", "--samples", "1"],
      /from 2 to 5000000/,
    ],
    [
      "a simulation without end",
      ["surrogate", "--id", "aun", "--method", "monte carlo", "--samples", "99999999999"],
      /from 2 to 5000000/,
    ],
    [
      "a source far off",
      ["tradeoff", "--source", "gaussian", "--scale", "1", "--offset", "1e20", "--loss", "rate"],
      /offset: got 100000000000000000000, expected/,
    ],
    [
      "an unknown source",
      ["tradeoff", "--source", "cauchy", "--scale", "1", "--loss", "rate"],
      /Expected one of gaussian, laplace, mixture/,
    ],
    [
      "an unknown loss",
      ["tradeoff", "--source", "laplace", "--scale", "1", "--loss", "psnr"],
      /Expected one of distortion, rate, rd/,
    ],
    [
      "a scale without grid",
      ["tradeoff", "--source", "laplace", "--scale", "100", "--loss", "rate"],
      /scale: got 100, expected/,
    ],
    ["a deviation of 0", ["rate-mismatch", "--deviation", "0"], /above 0/],
    ["an unknown pair", ["toy", "--pair", "nothing"], /got "nothing", expected one of aun, ste, /],
    ["a temperature that one pair does not take", ["toy", "--temperature", "5"], /temperature: got 5, expected/],
    ["a run that is not there", ["network", "--checkpoint", "/nowhere"], /\/nowhere/],
    ["a crop that no network takes", ["network", "--checkpoint", "/nowhere", "--crop", "100"], /multiple of 64/],
  ])("answers %s with one sentence and exit code 2", async (_name, words, message) => {
    const { stdout, stderr, exitCode } = await runWords("lab", ...words);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr.split("\n")).toHaveLength(2);
    expect(stderr).toMatch(message);
  });

  it("trains a toy, writes its figures, and replaces none without --force", async () => {
    const out = path.join(folder, "figures");
    const words = ["lab", "toy", "--pair", "ste", "--seeds", "1", "--steps", "20", "--out", out, "--json", "--quiet"];
    const { stdout, exitCode } = await runWords(...words);
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout);
    expect(document.pairs[0].runs[0].hard).toEqual(document.pairs[0].runs[0].soft);
    expect(readdirSync(out).sort()).toEqual(["toy-cells.png", "toy-cells.svg", "toy-losses.png", "toy-losses.svg"]);
    expect(readFileSync(path.join(out, "toy-cells.svg"), "utf8")).toMatch(/^<svg /);
    const again = await runWords(...words);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/already exists; pass --force/);
  });

  it("refuses a folder for figures that is a file, before it computes anything", async () => {
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    const words = ["lab", "tradeoff", "--source", "gaussian", "--scale", "1", "--loss", "rate", "--out", file];
    const { stderr, exitCode } = await runWords(...words);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot be written \(EEXIST\)/);
  });
});
