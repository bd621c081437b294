/**
 * The part of a configuration that chooses surrogates. What a user may write is short: one name for both paths, the name of a
 * preset, a name for each path, a number as temperature. What a run stores is complete and has one form for each experiment, so
 * one experiment has one hash. A surrogate without temperature, form or options of its own is its bare name, as configurations were
 * stored before there was more to say. Any other is an object with every field that applies.
 *
 * It refuses choices that make no sense; the reasons come from `quantize/choice.ts`.
 */
import { z } from "zod";
import { LOWEST_TEMPERATURE } from "../quantize/cells.ts";
import {
  choiceProblem,
  concentrationProblem,
  type Dither,
  findSurrogate,
  formsOf,
  type GradientMode,
  type QuantizePath,
  resolveSurrogate,
  SURROGATE_IDS,
  SURROGATE_PRESETS,
  type SurrogateChoice,
  type SurrogateId,
  temperatureProblem,
} from "../quantize/index.ts";
import { type TemperatureSchedule, temperatureBounds } from "./temperature.ts";

/** A surrogate of one path, as stored. */
export type SurrogateConfig = SurrogateId | SurrogateDetails;

/** A surrogate with its options; fields that do not apply to it are absent. */
export interface SurrogateDetails {
  readonly id: SurrogateId;
  readonly form?: string | undefined;
  readonly gradient: GradientMode;
  /** Noise for each element or for each image. */
  readonly dither?: Dither | undefined;
  readonly temperature?: TemperatureSchedule | undefined;
  /** Of the noise; absent where it follows from the temperature. */
  readonly concentration?: TemperatureSchedule | undefined;
}

/** The surrogates of a run. */
export interface SurrogatePairConfig {
  /** What the entropy model sees. */
  readonly rate: SurrogateConfig;
  /** What the decoder sees. */
  readonly distortion: SurrogateConfig;
  /**
   * Two-stage training: the fraction of the steps after which the encoder is frozen and both paths round, so that decoder and
   * entropy model learn from what they will get. Absent: one stage.
   */
  readonly hardFrom?: number | undefined;
}

const GRADIENT_MODES = ["pathwise", "straight-through", "soft", "expected"] as const satisfies readonly GradientMode[];
const FORMS = SURROGATE_IDS.flatMap(formsOf);
const positive: z.ZodNumber = z.number().positive();
const holdFraction = z.number().gte(0).lt(1).default(0);

const temperatureShapes = {
  constant: { type: z.literal("constant"), value: z.number().nonnegative() },
  linear: { type: z.literal("linear"), from: z.number().nonnegative(), to: z.number().nonnegative(), holdFraction },
  exponential: { type: z.literal("exponential"), from: positive, to: positive, holdFraction },
  cosine: { type: z.literal("cosine"), from: z.number().nonnegative(), to: z.number().nonnegative(), holdFraction },
  sga: {
    type: z.literal("sga"),
    ceiling: positive.default(0.5),
    rate: positive.default(1e-3),
    start: z.number().nonnegative().default(700),
    floor: z.number().nonnegative().default(1e-8),
  },
} as const;

/** The names of the temperature's schedules. */
export const TEMPERATURE_SCHEDULES: readonly string[] = Object.keys(temperatureShapes);

const temperatureSchema = z.preprocess(
  (value) => (typeof value === "number" ? { type: "constant", value } : value),
  z.discriminatedUnion("type", [
    z.strictObject(temperatureShapes.constant),
    z.strictObject(temperatureShapes.linear),
    z.strictObject(temperatureShapes.exponential),
    z.strictObject(temperatureShapes.cosine),
    z.strictObject(temperatureShapes.sga),
  ]),
);

const DEFAULT_IDS: Readonly<Record<QuantizePath, SurrogateId>> = { rate: "aun", distortion: "ste" };

const detailFields = {
  form: z.enum(FORMS).optional(),
  gradient: z.enum(GRADIENT_MODES).optional(),
  dither: z.enum(["element", "shared"]).optional(),
  temperature: temperatureSchema.optional(),
  concentration: temperatureSchema.optional(),
};

interface WrittenDetails {
  readonly id: SurrogateId;
  readonly form?: string | undefined;
  readonly gradient?: GradientMode | undefined;
  readonly dither?: Dither | undefined;
  readonly temperature?: TemperatureSchedule | undefined;
  readonly concentration?: TemperatureSchedule | undefined;
}

function pathSchema(path: QuantizePath): z.ZodType<SurrogateConfig> {
  const details = z.strictObject({ id: z.enum(SURROGATE_IDS).default(DEFAULT_IDS[path]), ...detailFields });
  const checked = details
    .superRefine((written, context) => {
      const problem = problemOf(written, path);
      if (problem !== null) context.addIssue({ code: "custom", path: [problem.field], message: problem.expected });
    })
    .transform((written) => storedForm(written, path));
  return z.preprocess((value) => (typeof value === "string" ? { id: value } : value), checked);
}

function problemOf(written: WrittenDetails, path: QuantizePath): { field: string; expected: string } | null {
  const { temperature, concentration, ...choice } = written;
  const problem = choiceProblem(choice, path);
  if (problem !== null) return problem;
  const { surrogate, gradient } = resolveSurrogate(choice, path);
  if (concentration !== undefined) {
    const { lowest, highest } = temperatureBounds(concentration);
    const expected = concentrationProblem(surrogate, lowest) ?? concentrationProblem(surrogate, highest);
    if (expected !== null) return { field: "concentration", expected };
  }
  if (temperature === undefined) return null;
  const { lowest, highest } = temperatureBounds(temperature);
  const expected = temperatureProblem(surrogate, lowest) ?? temperatureProblem(surrogate, highest);
  if (expected !== null) return { field: "temperature", expected };
  // Graphs compare in float32. A schedule may end there: before that, gradients flow.
  if (Math.fround(highest) <= LOWEST_TEMPERATURE && gradient !== "straight-through") {
    const reason = `a temperature above 2^-20: from there down no gradient of mode ${gradient} reaches the encoder`;
    return { field: "temperature", expected: reason };
  }
  return null;
}

/** The one way in which a choice is stored. */
function storedForm(written: WrittenDetails, path: QuantizePath): SurrogateConfig {
  const { surrogate, gradient, dither } = resolveSurrogate(written, path);
  const { id, form, temperature: range, noise } = surrogate;
  const isPlain = gradient === surrogate.gradients[0] && dither === (noise?.defaultDither ?? null);
  if (range === null && form === null && isPlain) return id;
  return {
    id,
    ...(form === null ? {} : { form }),
    gradient,
    ...(dither === null ? {} : { dither }),
    ...(range === null
      ? {}
      : { temperature: written.temperature ?? { type: "exponential", ...range.anneal, holdFraction: 0 } }),
    ...(written.concentration === undefined ? {} : { concentration: written.concentration }),
  };
}

const pairShape = {
  rate: pathSchema("rate").prefault({}),
  distortion: pathSchema("distortion").prefault({}),
  hardFrom: z.number().gt(0).lt(1).optional(),
};

/** Names that stand for a whole pair: presets, and surrogates, which then serve on both paths. */
const PAIR_NAMES: readonly string[] = [...Object.keys(SURROGATE_PRESETS), ...SURROGATE_IDS];

/** Schema of the field `surrogate`. */
export const surrogatePairSchema: z.ZodType<SurrogatePairConfig> = z.preprocess((value, context) => {
  if (typeof value !== "string") return value;
  if (!PAIR_NAMES.includes(value)) {
    const message = `one of ${PAIR_NAMES.map((name) => JSON.stringify(name)).join(", ")}, or an object with rate and distortion`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
  const preset = Object.entries(SURROGATE_PRESETS).find(([name]) => name === value)?.[1];
  if (preset === undefined) return { rate: value, distortion: value };
  const { rate, distortion, hardFrom } = preset;
  return { rate, distortion, ...(hardFrom === undefined ? {} : { hardFrom }) };
}, z.strictObject(pairShape));

/** The fields that exist, by dotted path of the object that holds them. */
export const SURROGATE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  surrogate: Object.keys(pairShape),
  ...Object.fromEntries(
    (["rate", "distortion"] as const).flatMap((path): [string, string[]][] => [
      [`surrogate.${path}`, ["id", ...Object.keys(detailFields)]],
      ...["temperature", "concentration"].map((scheduled): [string, string[]] => [
        `surrogate.${path}.${scheduled}`,
        [...new Set(Object.values(temperatureShapes).flatMap((shape) => Object.keys(shape)))],
      ]),
    ]),
  ),
};

/**
 * The choice that a network takes, the temperature's schedule, or null for a surrogate without temperature, and the concentration's, or
 * null where it follows from the temperature.
 */
export function readSurrogate(config: SurrogateConfig): {
  readonly choice: SurrogateChoice;
  readonly temperature: TemperatureSchedule | null;
  readonly concentration: TemperatureSchedule | null;
} {
  if (typeof config === "string") return { choice: config, temperature: null, concentration: null };
  const { temperature = null, concentration = null, ...choice } = config;
  if (temperature === null && findSurrogate(config.id, config.form).temperature !== null) {
    throw new Error(`internal: the configuration of ${config.id} has no temperature`);
  }
  return { choice, temperature, concentration };
}
