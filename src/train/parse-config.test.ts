import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { withTemporaryFolder } from "../../test/support/training-images.ts";
import { UsageError } from "../errors.ts";
import { CONFIG_FIELDS, configDifferences, configHash, printConfig, type TrainConfig } from "./config.ts";
import { parseConfig, readConfigFile } from "./parse-config.ts";

const minimal = '{"data":"photos"}';

function problemOf(text: string, overrides: readonly string[] = []): string {
  try {
    parseConfig(text, overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).code).toBe("bad-config");
    return (error as UsageError).message;
  }
  return expect.unreachable("should have failed");
}

describe("parseConfig", () => {
  it("fills in every default", () => {
    expect(parseConfig(minimal)).toEqual({
      network: { type: "mean-scale-hyperprior", N: 64, M: 96 },
      surrogate: { rate: "aun", distortion: "ste" },
      zeroCenter: true,
      scaleBound: 0.11,
      lambda: 0.013,
      data: "photos",
      crop: 128,
      batch: 8,
      steps: 20000,
      seed: 1,
      optimizer: {
        name: "adam",
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        clipNorm: 1,
        warmupSteps: 200,
        schedule: { type: "cosine", final: 0.01, holdFraction: 0 },
      },
      emaDecay: 0.999,
      threads: 1,
      checkpointEvery: 500,
      validateEvery: 1000,
      validation: { fraction: 0.02, crops: 64, size: 256 },
      augment: { minScale: 0.5, flip: true },
    } satisfies TrainConfig);
  });

  it("reads back what printConfig writes", () => {
    const config = parseConfig(minimal, [
      "optimizer.name=muon",
      "optimizer.weightDecay=0.1",
      "optimizer.schedule.type=step",
      "optimizer.schedule.at=[0.5,0.9]",
      "optimizer.schedule.factor=0.1",
      "initialWeights=old",
    ]);
    expect(config.optimizer.schedule).toEqual({ type: "step", at: [0.5, 0.9], factor: 0.1 });
    expect(config.optimizer).toMatchObject({ name: "muon", weightDecay: 0.1 });
    expect(parseConfig(printConfig(config))).toEqual(config);
  });

  it("applies overrides as JSON, else as strings, the last one winning, creating sections", () => {
    const config = parseConfig(minimal, [
      "network.N=32",
      "network.N=48",
      "data=a=b",
      "augment.flip=false",
      'initialWeights="7"',
    ]);
    expect([config.network.N, config.network.M, config.data, config.augment.flip, config.initialWeights]).toEqual([
      48,
      96,
      "a=b",
      false,
      "7",
    ]);
  });

  it.each([
    ["{", [], /not JSON .* expected a JSON object/],
    ["[]", [], /got \[\], expected a JSON object/],
    ["{}", [], /data: got nothing, expected a value of type string/],
    ['{"data":"x","data":"y"}', [], /data: got the field twice/],
    [minimal, ["crop=64"], /crop: got 64, expected a number of at least 128/],
    [minimal, ["crop=160"], /crop: got 160, expected a multiple of 64/],
    [minimal, ["lambda=0"], /lambda: got 0, expected a number above 0/],
    [minimal, ["distortion=psnr"], /distortion: got "psnr", expected one of "mse", "ms-ssim", "ms-ssim\+mse"/],
    [minimal, ["distortion=ms-ssim"], /crop: got nothing, expected 192 at least with the distortion "ms-ssim"/],
    [
      minimal,
      ["distortion=ms-ssim+mse"],
      /crop: got nothing, expected 192 at least with the distortion "ms-ssim\+mse"/,
    ],
    [
      minimal,
      ["distortion=ms-ssim", "crop=192", "validation.size=128"],
      /validation\.size: got 128, expected 192 at least .* its five scales need 161 pixels/,
    ],
    [
      minimal,
      ["lambdaRange=[0.002,0.1]"],
      /lambdaRange: got \[0\.002,0\.1\], expected nothing: mean-scale-hyperprior is of fixed/,
    ],
    [
      minimal,
      ["network.type=halfstep", "lambdaRange=[0.1,0.002]"],
      /lambdaRange: .* expected two rising numbers in 0\.0016\.\.0\.128/,
    ],
    [minimal, ["network.type=halfstep", "lambdaRange=[0.001,0.1]"], /lambdaRange: .* expected two rising numbers/],
    [
      minimal,
      ["network.type=halfstep", "crop=192", "distortion=ms-ssim"],
      /distortion: .* expected "mse" or "ms-ssim\+mse" for a network of variable rate/,
    ],
    [minimal, ["growInitialWeights=true"], /growInitialWeights: got true, expected false without initialWeights/],
    [
      minimal,
      ["growInitialWeights=true", "initialWeights=w"],
      /growInitialWeights: got true, expected false for mean-scale-hyperprior: its weights do not grow/,
    ],
    [minimal, ["network.structure={}"], /network: .* got a structure for mean-scale-hyperprior/],
    [minimal, ["scaleBound=1.5"], /scaleBound: got 1\.5, expected a number of at most 1/],
    [minimal, ["steps=1.5"], /steps: got 1\.5, expected a whole number/],
    [minimal, ["seed=-1"], /seed: got -1/],
    [minimal, ["emaDecay=1"], /emaDecay: got 1, expected a number below 1/],
    [minimal, ["surrogate.rate=uniform"], /surrogate\.rate: got "uniform", expected one of "aun", "ste"/],
    [minimal, ["network=3"], /network: got 3, expected a value of type object/],
    [
      minimal,
      ["optimizer.schedule.type=linear"],
      /optimizer\.schedule\.type: got "linear", expected one of "constant", "cosine", "step"/,
    ],
    [minimal, ["optimizer.name=sgd"], /optimizer\.name: got "sgd", expected one of "adam", "muon"/],
    [minimal, ["optimizer.weightDecay=-1"], /optimizer\.weightDecay: got -1, expected .*0/],
    [minimal, ["optimizer.schedule.type=step"], /optimizer\.schedule\.at: got nothing/],
    [
      minimal,
      ["optimizer.learningrate=1"],
      /optimizer: got the unknown field "learningrate" \(did you mean "learningRate"\?\), expected one of name, learningRate,/,
    ],
    [
      minimal,
      ["optimizer.schedule.type=cosine", "optimizer.schedule.hold=1"],
      /optimizer\.schedule: got the unknown field "hold", expected one of type, final, holdFraction/,
    ],
    [minimal, ["zzz=1"], /got the unknown field "zzz", expected one of network, surrogate,/],
    [minimal, ["noequals"], /override "noequals", expected field=value/],
    [minimal, ["=3"], /override "=3"/],
    [minimal, ["a..b=3"], /override "a\.\.b=3"/],
    [minimal, ["__proto__.x=3"], /override "__proto__\.x=3"/],
    [minimal, ["data.x=3"], /got "photos" at data, expected an object/],
  ])("explains what is wrong with %s and %j", (text, overrides, message) => {
    expect(problemOf(text, overrides)).toMatch(message);
  });

  it("gives each distortion the lambda that is customary for it, unless one is given", () => {
    const settings = (...overrides: string[]): unknown[] => {
      const { distortion, lambda } = parseConfig(minimal, ["crop=192", ...overrides]);
      return [distortion, lambda];
    };
    expect(settings()).toEqual([undefined, 0.013]);
    expect(settings("distortion=mse")).toEqual([undefined, 0.013]);
    expect(settings("distortion=ms-ssim")).toEqual(["ms-ssim", 16.64]);
    expect(settings("distortion=ms-ssim", "lambda=8.73")).toEqual(["ms-ssim", 8.73]);
    const config = parseConfig(minimal, ["crop=192", "distortion=ms-ssim"]);
    expect(parseConfig(printConfig(config))).toEqual(config);
  });

  it("lists all problems at once", () => {
    const message = problemOf('{"btach":4,"lambda":"high","network":{"n":3}}');
    expect(message).toMatch(/^config:\n/);
    for (const part of [
      '"btach" (did you mean "batch"?)',
      'lambda: got "high"',
      'network: got the unknown field "n" (did you mean "N"?)',
      "data: got nothing",
    ]) {
      expect(message).toContain(part);
    }
  });

  it("reads a file and names it in errors", async () => {
    await withTemporaryFolder(async (folder) => {
      const file = path.join(folder, "c.json");
      writeFileSync(file, minimal);
      expect(readConfigFile(file, ["seed=9"]).seed).toBe(9);
      expect(() => readConfigFile(file, ["seed=x"])).toThrow(`config "${file}": seed: got "x"`);
      expect(() => readConfigFile(path.join(folder, "none.json"))).toThrow(/no readable file/);
    });
  });

  it("knows the fields of every section, also those without default", () => {
    expect(CONFIG_FIELDS[""]).toContain("initialWeights");
    expect(CONFIG_FIELDS["optimizer.schedule"]).toEqual(["type", "final", "holdFraction", "at", "factor"]);
    const config = parseConfig(minimal) as unknown as Record<string, unknown>;
    for (const [key, value] of Object.entries(config)) {
      if (typeof value !== "object") continue;
      expect(CONFIG_FIELDS[key]).toEqual(expect.arrayContaining(Object.keys(value as object)));
    }
  });
});

describe("configHash", () => {
  const base = parseConfig(minimal);

  it("does not depend on the order of fields, the data's place or how often a run looks at itself", () => {
    const reordered = Object.fromEntries(Object.entries(base).reverse()) as unknown as TrainConfig;
    expect(configHash(reordered)).toBe(configHash(base));
    const same = ["data=elsewhere", "checkpointEvery=7", "validateEvery=0", "distortion=mse", "device=cpu"];
    for (const override of [...same, "optimizer.name=adam", "optimizer.weightDecay=0"]) {
      expect(configHash(parseConfig(minimal, [override]))).toBe(configHash(base));
    }
  });

  it("depends on everything else", () => {
    const overrides = [
      "seed=2",
      "threads=2",
      "device=webgpu",
      "steps=5",
      "network.N=65",
      "optimizer.schedule.final=0",
      "optimizer.name=muon",
      "optimizer.weightDecay=0.1",
      "augment.flip=false",
      "drawn.share=0.1",
      "initialWeights=a",
    ];
    const hashes = overrides.map((override) => configHash(parseConfig(minimal, [override])));
    expect(new Set([...hashes, configHash(base)]).size).toBe(overrides.length + 1);
  });

  it("is that of a run without drawn pictures when none are drawn", () => {
    expect(configHash(parseConfig(minimal, ["drawn.share=0"]))).toBe(configHash(base));
    expect(parseConfig(minimal, ["drawn.share=0.08"]).drawn).toEqual({ share: 0.08 });
  });

  it("keeps the value that results were filed under", () => {
    expect(configHash(base)).toMatchInlineSnapshot(
      `"6939a4c0c1c6fae19605e987264ab65ff6f1ef8f15b569ae92c0d8fe57512452"`,
    );
  });
});

describe("configDifferences", () => {
  it("names the fields with both values", () => {
    const before = parseConfig(minimal);
    const after = parseConfig(minimal, ["network.N=32", "initialWeights=w", 'optimizer.schedule={"type":"constant"}']);
    expect(configDifferences(before, before)).toEqual([]);
    expect(configDifferences(before, after).map(({ field, before: b, after: a }) => `${field} ${b} ${a}`)).toEqual([
      "network.N 64 32",
      'optimizer.schedule.type "cosine" "constant"',
      "optimizer.schedule.final 0.01 nothing",
      "optimizer.schedule.holdFraction 0 nothing",
      'initialWeights nothing "w"',
    ]);
  });

  it("refuses a warm-up that is longer than the run", () => {
    const text = '{"data": "packed", "steps": 100, "optimizer": {"warmupSteps": 101}}';
    expect(() => parseConfig(text)).toThrow(/optimizer\.warmupSteps: got 101 for a run of 100 steps/);
    expect(parseConfig(text, ["optimizer.warmupSteps=100"]).optimizer.warmupSteps).toBe(100);
    expect(() => parseConfig('{"data": "packed"}', ["steps=10", "optimizer.warmupSteps=11"])).toThrow(UsageError);
  });
});
