/**
 * The table of surrogates. To add one, write its record in the file of its family, name it in `SurrogateId`, and list it here. The property kit
 * (`surrogates.test.ts`) then asks what it should tend to.
 */
import { additiveUniformNoise } from "./aun.ts";
import { differentiableSoftQuantization } from "./dsq.ts";
import { deterministicAnnealing, stochasticGumbelAnnealing } from "./gumbel-annealing.ts";
import { kumaraswamySoftRounding } from "./kumaraswamy.ts";
import {
  cosineAnnealing,
  cosineAnnealingOfThree,
  linearAnnealing,
  linearAnnealingOfThree,
  sigmoidScaledLogitAnnealing,
  sigmoidScaledLogitAnnealingOfThree,
} from "./sga-plus.ts";
import { softRounding } from "./soft-round.ts";
import { softToHard } from "./soft-to-hard.ts";
import { straightThrough } from "./ste.ts";
import { stochasticRounding, stochasticRoundingAnnealed } from "./stochastic-rounding.ts";
import { uniformAnnealingDither, uniformAnnealingSoft, uniformAnnealingStochastic } from "./sua.ts";
import type { Surrogate, SurrogateId } from "./surrogate.ts";
import { universalQuantization } from "./uq.ts";

/** Every surrogate. Those with the same name are in the order of their forms, the default form first. */
const BY_ID: Readonly<Record<SurrogateId, readonly [Surrogate, ...Surrogate[]]>> = {
  aun: [additiveUniformNoise],
  ste: [straightThrough],
  stochastic: [stochasticRounding],
  uq: [universalQuantization],
  sga: [stochasticGumbelAnnealing],
  danneal: [deterministicAnnealing],
  sra: [stochasticRoundingAnnealed],
  "soft-to-hard": [softToHard],
  dsq: [differentiableSoftQuantization],
  "soft-round": [softRounding],
  sua: [uniformAnnealingSoft, uniformAnnealingDither, uniformAnnealingStochastic],
  "sga-plus": [
    sigmoidScaledLogitAnnealing,
    linearAnnealing,
    cosineAnnealing,
    sigmoidScaledLogitAnnealingOfThree,
    linearAnnealingOfThree,
    cosineAnnealingOfThree,
  ],
  kumaraswamy: [kumaraswamySoftRounding],
};

/** The names, in the order of the table. */
export const SURROGATE_IDS: readonly SurrogateId[] = Object.keys(BY_ID) as SurrogateId[];

/** Every surrogate in every form. */
export const SURROGATES: readonly Surrogate[] = Object.values(BY_ID).flat();

/** The forms of a name, the default first; empty if there is only one surrogate with that name. */
export function formsOf(id: SurrogateId): readonly string[] {
  return BY_ID[id].flatMap(({ form }) => (form === null ? [] : [form]));
}

/**
 * Finds a surrogate by name.
 *
 * @param form one of {@link formsOf}; leave out for the default.
 * @throws {RangeError} for a name or form that does not exist; the message lists those that do.
 */
export function findSurrogate(id: string, form?: string | null): Surrogate {
  if (!Object.hasOwn(BY_ID, id)) {
    throw new RangeError(`surrogate: got "${id}", expected one of ${SURROGATE_IDS.join(", ")}`);
  }
  const candidates = BY_ID[id as SurrogateId];
  const found = form === undefined || form === null ? candidates[0] : candidates.find((one) => one.form === form);
  if (found === undefined) {
    const forms = formsOf(id as SurrogateId);
    throw new RangeError(
      `surrogate "${id}": got the form "${form}", expected ${forms.length === 0 ? "none: it has one form" : `one of ${forms.join(", ")}`}`,
    );
  }
  return found;
}

/** A short name of a surrogate in one form: `ste`, `sua soft`. */
export function surrogateName({ id, form }: Pick<Surrogate, "id" | "form">): string {
  return form === null ? id : `${id} ${form}`;
}
