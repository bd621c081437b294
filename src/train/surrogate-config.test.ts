import { describe, expect, it } from "vitest";
import { SURROGATES, surrogateName } from "../quantize/index.ts";
import { configHash, printConfig, type TrainConfig } from "./config.ts";
import { parseConfig } from "./parse-config.ts";
import { readSurrogate } from "./surrogate-config.ts";

const minimal = '{"data":"photos"}';
const parse = (...overrides: string[]): TrainConfig => parseConfig(minimal, overrides);
const problemOf = (...overrides: string[]): string => {
  try {
    parse(...overrides);
  } catch (error) {
    return (error as Error).message;
  }
  return expect.unreachable("should have failed");
};

describe("the choice of surrogates in a configuration", () => {
  it("keeps what was written before there was more to say, with its hash", () => {
    const before = parseConfig('{"data":"photos","surrogate":{"rate":"aun","distortion":"ste"}}');
    expect(before.surrogate).toEqual({ rate: "aun", distortion: "ste" });
    expect(Object.keys(before)).not.toContain("partialStopGradient");
    expect(configHash(before)).toBe("6939a4c0c1c6fae19605e987264ab65ff6f1ef8f15b569ae92c0d8fe57512452");
  });

  it("stores one form for each experiment, however it is written", () => {
    const written = [
      "surrogate=mixed",
      'surrogate={"rate":{"id":"aun"}}',
      'surrogate={"rate":{"id":"aun","gradient":"pathwise","dither":"element"},"distortion":{"id":"ste"}}',
      "partialStopGradient=off",
    ];
    for (const override of written) expect(configHash(parse(override)), override).toBe(configHash(parse()));
    const long = `{"id":"sga","gradient":"pathwise","temperature":{"type":"constant","value":0.3}}`;
    expect(parse("surrogate.rate=sga", "surrogate.rate.temperature=0.3")).toEqual(parse(`surrogate.rate=${long}`));
  });

  it("fills in form, mode, dither and a falling temperature", () => {
    expect(parse("surrogate.rate=sua", "surrogate.distortion=uq").surrogate).toEqual({
      rate: {
        id: "sua",
        form: "soft",
        gradient: "pathwise",
        dither: "element",
        temperature: { type: "exponential", from: 0.5, to: 0.2, holdFraction: 0 },
      },
      distortion: "uq",
    });
    expect(parse("surrogate.rate=aun", "surrogate.rate.gradient=expected").surrogate.rate).toEqual({
      id: "aun",
      gradient: "expected",
      dither: "element",
    });
  });

  it("keeps a concentration only where it is given", () => {
    const tied = parse("surrogate.rate=kumaraswamy");
    expect(tied.surrogate.rate).not.toHaveProperty("concentration");
    const linear = (from: number, to: number) => ({ type: "linear", from, to, holdFraction: 0 });
    const written = {
      id: "kumaraswamy",
      temperature: { type: "linear", from: 0.3, to: 0.1 },
      concentration: { type: "linear", from: 2, to: 1 },
    };
    const published = parse(`surrogate.distortion=${JSON.stringify(written)}`);
    expect(published.surrogate.distortion).toEqual({
      id: "kumaraswamy",
      gradient: "pathwise",
      dither: "element",
      temperature: linear(0.3, 0.1),
      concentration: linear(2, 1),
    });
    expect(parseConfig(printConfig(published))).toEqual(published);
    expect(parse("surrogate.rate=kumaraswamy", "surrogate.rate.concentration=1.5").surrogate.rate).toMatchObject({
      concentration: { type: "constant", value: 1.5 },
    });
  });

  it("takes one name for both paths, and presets", () => {
    expect(parse("surrogate=uq").surrogate).toEqual({ rate: "uq", distortion: "uq" });
    expect(parse("surrogate=soft-then-hard").surrogate).toEqual({ rate: "aun", distortion: "aun", hardFrom: 0.96 });
  });

  it("knows the published schedule with its constants", () => {
    const { temperature } = readSurrogate(
      parse("surrogate.rate.id=sga", "surrogate.rate.temperature.type=sga").surrogate.rate,
    );
    expect(temperature).toEqual({ type: "sga", ceiling: 0.5, rate: 1e-3, start: 700, floor: 1e-8 });
  });

  it.each(SURROGATES.map((surrogate) => [surrogateName(surrogate), surrogate] as const))(
    "reads back what it prints of %s, in every mode on both paths",
    (_, { id, form, gradients, temperature }) => {
      for (const gradient of gradients) {
        for (const path of gradient === "expected" ? ["rate"] : ["rate", "distortion"]) {
          const choice = JSON.stringify({ id, gradient, ...(form === null ? {} : { form }) });
          const config = parse(`surrogate.${path}=${choice}`);
          expect(parseConfig(printConfig(config))).toEqual(config);
          const read = readSurrogate(config.surrogate[path as "rate" | "distortion"]);
          expect(read.temperature !== null).toBe(temperature !== null);
        }
      }
    },
  );

  it.each([
    'surrogate.rate={"id":"sua","form":"dither","temperature":0}',
    'surrogate.rate={"id":"sga","gradient":"straight-through","temperature":1e-7}',
    'surrogate.rate={"id":"sua","gradient":"expected","temperature":{"type":"cosine","from":0.5,"to":0}}',
    'surrogate.rate={"id":"sga","temperature":{"type":"sga"}}',
    'surrogate.rate={"id":"sua","temperature":1e-6}',
  ])("takes low temperatures where a gradient is left: %s", (override) => {
    expect(() => parse(override)).not.toThrow();
  });

  it.each([
    [["surrogate=uniform"], /surrogate: got "uniform", expected one of "mixed", "soft-then-hard", "aun",/],
    [["surrogate=3"], /surrogate: got 3, expected a value of type object/],
    [
      ["surrogate.rate=uniform"],
      /surrogate\.rate: got "uniform", expected one of "aun", "ste", "stochastic", "uq", "sga"/,
    ],
    [["surrogate.rate.id=uniform"], /surrogate\.rate\.id: got "uniform", expected one of "aun"/],
    [
      ["surrogate.rate=sua", "surrogate.rate.form=hard"],
      /surrogate\.rate\.form: got "hard", expected one of "soft", "dither", "stochastic"/,
    ],
    [["surrogate.rate.form=soft"], /surrogate\.rate\.form: got "soft", expected no form: aun has only one/],
    [
      ["surrogate.rate=sga", "surrogate.rate.gradient=expected"],
      /gradient: got "expected", expected one of "pathwise", "straight-through", the modes of sga/,
    ],
    [
      ["surrogate.distortion=aun", "surrogate.distortion.gradient=expected"],
      /distortion\.gradient: got "expected", expected pathwise on the distortion path: .*mixes them/,
    ],
    [["surrogate.rate.temperature=1"], /surrogate\.rate\.temperature: got 1, expected no temperature: aun has none/],
    [
      ["surrogate.rate=sga", "surrogate.rate.temperature=11"],
      /temperature: got 11, expected a temperature from 0 to 10 for sga/,
    ],
    [["surrogate.rate=sga", "surrogate.rate.temperature=-1"], /temperature\.value: .*expected a number of at least 0/],
    [
      ["surrogate.rate=sga", "surrogate.rate.temperature=0"],
      /expected a temperature above 2\^-20: from there down no gradient of mode pathwise/,
    ],
    [
      ['surrogate.rate={"id":"sua","form":"dither","gradient":"expected","temperature":0}'],
      /rate\.temperature: .*expected a temperature above 2\^-20: .* of mode expected/,
    ],
    [
      ["surrogate.rate=sua", "surrogate.rate.temperature=1e-7"],
      /expected a temperature above 2\^-20: .* of mode pathwise/,
    ],
    // Above 2^-20 in float64 only.
    [["surrogate.rate=dsq", "surrogate.rate.temperature=9.5367431640626e-7"], /above 2\^-20: .* of mode soft/],
    [
      ["surrogate.rate=sua", 'surrogate.rate.temperature={"type":"cosine","from":0,"to":1e-7}'],
      /expected a temperature above 2\^-20/,
    ],
    [
      ["surrogate.rate=sga", "surrogate.rate.temperature.type=quadratic"],
      /temperature\.type: got "quadratic", expected one of "constant", "linear", "exponential", "cosine", "sga"/,
    ],
    [
      ["surrogate.rate=sga", 'surrogate.rate.temperature={"type":"exponential","from":1}'],
      /temperature\.to: got nothing/,
    ],
    [
      ["surrogate.rate=sga", 'surrogate.rate.temperature={"type":"sga","tau":1}'],
      /unknown field "tau" .*, expected one of type, value, from, to, holdFraction, ceiling, rate, start, floor/,
    ],
    [
      ["surrogate.rate=kumaraswamy", "surrogate.rate.concentration=5"],
      /rate\.concentration: got 5, expected a concentration from 1 to 4 for kumaraswamy/,
    ],
    [
      ["surrogate.rate=sga", "surrogate.rate.concentration=2"],
      /rate\.concentration: got 2, expected no concentration: sga has none/,
    ],
    [
      ["surrogate.rate=kumaraswamy", 'surrogate.rate.concentration={"type":"linear","from":2}'],
      /rate\.concentration\.to: got nothing/,
    ],
    [["surrogate.rate.dithr=shared"], /surrogate\.rate: got the unknown field "dithr" \(did you mean "dither"\?\)/],
    [["surrogate.distortion.dither=shared"], /distortion\.dither: got "shared", expected no dither: ste has no noise/],
    [["surrogate.hardFrom=1"], /surrogate\.hardFrom: got 1, expected a number below 1/],
    [["partialStopGradient=P3"], /partialStopGradient: got "P3", expected one of "off", "P1", "P2"/],
    [
      ["partialStopGradient=P1", "zeroCenter=false"],
      /partialStopGradient: got "P1", expected "off": without zeroCenter/,
    ],
    [["partialStopGradient=P2", "network.type=factorized-prior"], /expected "off": factorized-prior predicts no mean/],
  ])("explains what is wrong with %j", (overrides, message) => {
    expect(problemOf(...overrides)).toMatch(message);
  });

  it("gives every choice a hash of its own", () => {
    const written = [
      ...SURROGATES.map(
        ({ id, form }) => `surrogate.rate=${JSON.stringify({ id, ...(form === null ? {} : { form }) })}`,
      ),
      "surrogate=soft-then-hard",
      "partialStopGradient=P1",
      "partialStopGradient=P2",
    ];
    // aun is the default.
    expect(new Set(written.map((override) => configHash(parse(override)))).size).toBe(written.length);
  });
});
