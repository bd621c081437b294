/** One surrogate under study: which, in which gradient mode, at which temperature; and its samples. */
import {
  concentrationProblem,
  evaluateSurrogate,
  findSurrogate,
  type GradientMode,
  type Surrogate,
  surrogateName,
  temperatureProblem,
} from "../../quantize/index.ts";
import type { PointLoss } from "./point-loss.ts";

/** A surrogate with everything fixed that a study needs. */
export interface StudiedSurrogate {
  readonly surrogate: Surrogate;
  readonly gradient: GradientMode;
  /** Null for surrogates without temperature. */
  readonly temperature: number | null;
  /** Of the noise; absent where the surrogate has none, or where it follows from the temperature. */
  readonly concentration?: number;
}

/** Options of {@link studySurrogate}. */
export interface StudyOptions {
  readonly id: string;
  /** Default: the surrogate's first. */
  readonly form?: string | undefined;
  /** Default: where the surrogate's annealing ends. */
  readonly temperature?: number | undefined;
  /** Default: what follows from the temperature. */
  readonly concentration?: number | undefined;
  /** Default: the surrogate's first. */
  readonly gradient?: string | undefined;
}

/**
 * Looks a surrogate up and checks its options.
 *
 * @throws {RangeError} for a name, form or mode that does not exist (the message lists those that do), or a temperature or
 *   concentration out of the surrogate's range.
 */
export function studySurrogate({ id, form, temperature, concentration, gradient }: StudyOptions): StudiedSurrogate {
  const surrogate = findSurrogate(id, form);
  const name = surrogateName(surrogate);
  const mode = gradient === undefined ? surrogate.gradients[0] : surrogate.gradients.find((one) => one === gradient);
  if (mode === undefined) {
    throw new RangeError(`gradient of ${name}: got "${gradient}", expected one of ${surrogate.gradients.join(", ")}`);
  }
  const spread = concentration === undefined ? null : concentrationProblem(surrogate, concentration);
  if (spread !== null) throw new RangeError(`concentration: got ${concentration}, expected ${spread}`);
  const given = { surrogate, gradient: mode, ...(concentration === undefined ? {} : { concentration }) };
  if (temperature === undefined) return { ...given, temperature: surrogate.temperature?.anneal.to ?? null };
  const problem = temperatureProblem(surrogate, temperature);
  if (problem !== null) throw new RangeError(`temperature: got ${temperature}, expected ${problem}`);
  return { ...given, temperature };
}

/** A short name with form, temperature, concentration and a mode that is not the default: `sua soft T=0.5`. */
export function studyName({ surrogate, gradient, temperature, concentration }: StudiedSurrogate): string {
  const at = `${temperature === null ? "" : ` T=${temperature}`}${concentration === undefined ? "" : ` c=${concentration}`}`;
  const mode = gradient === surrogate.gradients[0] ? "" : ` (${gradient})`;
  return surrogateName(surrogate) + at + mode;
}

/** Values and gradients at given latents and noise. */
export interface StudySamples {
  /** y~. */
  readonly values: Float64Array;
  /** J; null in mode `expected`. */
  readonly slopes: Float64Array | null;
  /** The gradient of the loss that the latent receives. */
  readonly gradients: Float64Array;
}

/** Elements of one evaluation. This limits its memory, because the evaluator keeps every intermediate array. */
const CHUNK = 1 << 15;

/**
 * Runs the surrogate's own graph in float64.
 *
 * @param noise as long as `latents`, in (-1/2, 1/2)
 * @param loss of the quantized value, its target held fixed
 * @param secondNoise like `noise`; for surrogates that take two numbers for each latent
 */
export function sampleSurrogate(
  { surrogate, gradient, temperature, concentration }: StudiedSurrogate,
  latents: Float64Array,
  noise: Float64Array,
  loss: PointLoss,
  secondNoise?: Float64Array,
): StudySamples {
  const count = latents.length;
  const values = new Float64Array(count);
  const slopes = gradient === "expected" ? null : new Float64Array(count);
  const gradients = new Float64Array(count);
  for (let start = 0; start < count; start += CHUNK) {
    const latent = latents.subarray(start, start + CHUNK);
    const part = evaluateSurrogate(surrogate, latent, {
      noise: noise.subarray(start, start + CHUNK),
      gradient,
      ...(secondNoise === undefined ? {} : { secondNoise: secondNoise.subarray(start, start + CHUNK) }),
      ...(temperature === null ? {} : { temperature }),
      ...(concentration === undefined ? {} : { concentration }),
    });
    values.set(part.values, start);
    if (part.slopes !== null) slopes?.set(part.slopes, start);
    for (let i = 0; i < latent.length; i++) {
      const y = latent[i]!;
      gradients[start + i] =
        part.expected === null
          ? loss.slope(part.values[i]!, y) * part.slopes![i]!
          : part.expected.weight[i]! *
            (loss.value(part.expected.upper[i]!, y) - loss.value(part.expected.lower[i]!, y));
    }
  }
  return { values, slopes, gradients };
}
