/**
 * The choice of a surrogate for one of the two paths: which one, in which form, with which gradient and which dither. This file knows which of these do not
 * go together. It says so in words that a message about a configuration can use unchanged.
 */
import type { Dither, GradientMode, Surrogate, SurrogateId } from "./surrogate.ts";
import { findSurrogate, formsOf, SURROGATE_IDS, surrogateName } from "./surrogates.ts";

/** The path of a surrogate: to the entropy model (rate), or to the synthesis and the hyper-synthesis (distortion). */
export type QuantizePath = "rate" | "distortion";

/** A choice with its options. Options that are left out are the surrogate's defaults. */
export interface SurrogateSettings {
  readonly id: SurrogateId;
  /** One of the surrogate's forms, if it has several. */
  readonly form?: string | undefined;
  readonly gradient?: GradientMode | undefined;
  /** Noise for each element or for each image; for surrogates with noise. */
  readonly dither?: Dither | undefined;
}

/** A name alone, or a name with options. */
export type SurrogateChoice = SurrogateId | SurrogateSettings;

/** A choice with every option filled in. */
export interface ResolvedSurrogate {
  readonly surrogate: Surrogate;
  readonly gradient: GradientMode;
  /** Null for surrogates without noise. */
  readonly dither: Dither | null;
}

/** What is wrong with a choice: the wrong field, and what was expected there. */
export interface ChoiceProblem {
  readonly field: keyof SurrogateSettings;
  readonly expected: string;
}

/** The first thing that is wrong with a choice for a path, or null. */
export function choiceProblem(choice: SurrogateChoice, path: QuantizePath): ChoiceProblem | null {
  const { id, form, gradient, dither }: SurrogateSettings = typeof choice === "string" ? { id: choice } : choice;
  if (!SURROGATE_IDS.includes(id)) return { field: "id", expected: oneOf(SURROGATE_IDS) };
  const forms = formsOf(id);
  if (form !== undefined && !forms.includes(form)) {
    return { field: "form", expected: forms.length === 0 ? `no form: ${id} has only one` : oneOf(forms) };
  }
  const surrogate = findSurrogate(id, form);
  const name = surrogateName(surrogate);
  if (gradient === "expected" && path === "distortion") {
    return {
      field: "gradient",
      expected: `${surrogate.gradients.filter((mode) => mode !== "expected").join(" or ")} on the distortion path: an expected gradient needs a function that acts on each element by itself, and the synthesis mixes them`,
    };
  }
  if (gradient !== undefined && !surrogate.gradients.includes(gradient)) {
    return { field: "gradient", expected: `${oneOf(surrogate.gradients)}, the modes of ${name}` };
  }
  if (dither !== undefined && surrogate.noise === null) {
    return { field: "dither", expected: `no dither: ${name} has no noise` };
  }
  if (dither !== undefined && dither !== "element" && dither !== "shared") {
    return { field: "dither", expected: oneOf(["element", "shared"]) };
  }
  return null;
}

/**
 * Fills in the options of a choice.
 *
 * @throws {RangeError} for a surrogate, form, mode or dither that does not exist or makes no sense on the path.
 */
export function resolveSurrogate(choice: SurrogateChoice, path: QuantizePath): ResolvedSurrogate {
  const problem = choiceProblem(choice, path);
  if (problem !== null) {
    throw new RangeError(
      `surrogate of the ${path} path: got ${JSON.stringify(choice)}, expected as ${problem.field} ${problem.expected}`,
    );
  }
  const settings: SurrogateSettings = typeof choice === "string" ? { id: choice } : choice;
  const surrogate = findSurrogate(settings.id, settings.form);
  return {
    surrogate,
    gradient: settings.gradient ?? surrogate.gradients[0],
    dither: settings.dither ?? surrogate.noise?.defaultDither ?? null,
  };
}

/** What was expected of a temperature of this surrogate, or null if `value` is one. */
export function temperatureProblem(surrogate: Surrogate, value: number): string | null {
  const { temperature } = surrogate;
  if (temperature === null) return `no temperature: ${surrogateName(surrogate)} has none`;
  if (value >= temperature.lowest && value <= temperature.highest) return null;
  return `a temperature from ${temperature.lowest} to ${temperature.highest} for ${surrogateName(surrogate)}`;
}

/** What was expected of a concentration of this surrogate's noise, or null if `value` is one. */
export function concentrationProblem(surrogate: Surrogate, value: number): string | null {
  const { concentration } = surrogate;
  if (concentration === undefined) return `no concentration: ${surrogateName(surrogate)} has none`;
  if (value >= concentration.lowest && value <= concentration.highest) return null;
  return `a concentration from ${concentration.lowest} to ${concentration.highest} for ${surrogateName(surrogate)}`;
}

function oneOf(names: readonly string[]): string {
  return `one of ${names.map((name) => JSON.stringify(name)).join(", ")}`;
}
