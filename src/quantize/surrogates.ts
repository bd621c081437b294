/** The table of surrogates. To add one, write its record in a file of its own, name it in `SurrogateId` and list it here. */
import { additiveUniformNoise } from "./aun.ts";
import { straightThrough } from "./ste.ts";
import type { Surrogate, SurrogateId } from "./surrogate.ts";

/** Every surrogate by its name. */
export const SURROGATES: Readonly<Record<SurrogateId, Surrogate>> = {
  aun: additiveUniformNoise,
  ste: straightThrough,
};
