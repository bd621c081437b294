import { describe, expect, it } from "vitest";
import { choiceProblem, resolveSurrogate, type SurrogateChoice, temperatureProblem } from "./choice.ts";
import { SURROGATE_PRESETS } from "./presets.ts";
import { findSurrogate, SURROGATES } from "./surrogates.ts";

const choice = (text: string): SurrogateChoice => JSON.parse(text) as SurrogateChoice;

describe("resolveSurrogate", () => {
  it("fills in the surrogate's own mode, form and dither", () => {
    expect(resolveSurrogate("aun", "rate")).toMatchObject({ gradient: "pathwise", dither: "element" });
    expect(resolveSurrogate("uq", "distortion")).toMatchObject({ gradient: "straight-through", dither: "shared" });
    expect(resolveSurrogate("ste", "rate")).toMatchObject({ gradient: "straight-through", dither: null });
    expect(resolveSurrogate("sua", "rate").surrogate.form).toBe("soft");
    const chosen = { id: "sua", form: "dither", gradient: "expected", dither: "shared" } as const;
    expect(resolveSurrogate(chosen, "rate")).toEqual({
      surrogate: findSurrogate("sua", "dither"),
      gradient: "expected",
      dither: "shared",
    });
  });

  it.each([
    ['{"id":"noise"}', "rate", "id", /"aun", "ste", "stochastic", "uq"/],
    ['{"id":"toString"}', "rate", "id", /"aun"/],
    ['{"id":"sua","form":"x"}', "rate", "form", /"soft", "dither", "stochastic"/],
    ['{"id":"aun","form":"soft"}', "rate", "form", /aun has only one/],
    ['{"id":"sga","gradient":"expected"}', "rate", "gradient", /"pathwise", "straight-through", the modes of sga/],
    [
      '{"id":"aun","gradient":"expected"}',
      "distortion",
      "gradient",
      /pathwise on the distortion path.*synthesis mixes/,
    ],
    ['{"id":"ste","dither":"shared"}', "rate", "dither", /ste has no noise/],
    ['{"id":"uq","dither":"both"}', "rate", "dither", /"element", "shared"/],
  ] as const)("refuses %s for the %s path, naming %s", (text, path, field, expected) => {
    expect(choiceProblem(choice(text), path)).toMatchObject({ field, expected: expect.stringMatching(expected) });
    expect(() => resolveSurrogate(choice(text), path)).toThrow(RangeError);
  });

  it("offers every surrogate on both paths, in every mode but the expected one on the distortion path", () => {
    for (const { id, form, gradients } of SURROGATES) {
      for (const gradient of gradients) {
        const settings = { id, gradient, ...(form === null ? {} : { form }) };
        expect(resolveSurrogate(settings, "rate")).toMatchObject({ gradient });
        if (gradient === "expected") expect(() => resolveSurrogate(settings, "distortion")).toThrow(/distortion/);
        else expect(resolveSurrogate(settings, "distortion")).toMatchObject({ gradient });
      }
    }
  });

  it("takes what the presets name", () => {
    for (const preset of Object.values(SURROGATE_PRESETS)) {
      expect(choiceProblem(preset.rate, "rate")).toBeNull();
      expect(choiceProblem(preset.distortion, "distortion")).toBeNull();
    }
  });
});

describe("temperatureProblem", () => {
  it("names the range, and surrogates that have no temperature", () => {
    expect(temperatureProblem(findSurrogate("sua", "dither"), 1)).toBeNull();
    expect(temperatureProblem(findSurrogate("sua", "dither"), 1.5)).toBe("a temperature from 0 to 1 for sua dither");
    expect(temperatureProblem(findSurrogate("sga"), Number.NaN)).toMatch(/from 0 to 10/);
    expect(temperatureProblem(findSurrogate("aun"), 0.5)).toMatch(/aun has none/);
  });
});
