/**
 * How many levels the activations of a model's exact networks have. More levels leave fewer bits to the weights. The best number depends on
 * how many products a sum has, and on how far the largest magnitudes are from the usual ones. So several are tried on the calibration crops.
 */
import type { Model } from "../codec/model/model.ts";
import type { HyperpriorNetwork } from "../networks/network.ts";
import { type Calibration, exactCost, type FloatLatents } from "./calibrate.ts";

/** Largest levels that are tried. */
const ACTIVATION_LIMITS = [127, 255, 511, 1023, 2047] as const;
/**
 * A limit is given up if it needs this many times the bits of the best, after each crop was seen at one of its qualities. For a trained
 * network, good limits differ by hundredths or tenths of a percent, and limits that are too coarse cost several percent
 * (docs/decisions/0008-exact-networks.md).
 */
const GIVEN_UP_ABOVE = 1.005;

/** A model with what its integers cost. */
export interface CostedModel {
  readonly model: Model;
  /** Bits of y on all calibration crops at all their qualities, by the float network. */
  readonly floatBits: number;
  /** The same by the model's exact networks. */
  readonly exactBits: number;
}

/**
 * The model with the fewest bits on the calibration crops.
 * @param build makes the model with a limit
 * @param images how many there are; `calibration.latents` has each of them at each quality
 */
export async function chooseActivationLimit(
  network: HyperpriorNetwork,
  build: (activationLimit: number) => Model,
  { latents }: Pick<Calibration, "latents">,
  images: number,
): Promise<CostedModel> {
  const qualities = latents.length / images;
  const isInFirstRound = (_: FloatLatents, i: number): boolean =>
    i % qualities === Math.floor(i / qualities) % qualities;
  const first = latents.filter(isInFirstRound);
  const others = latents.filter((latent, i) => !isInFirstRound(latent, i));
  let tried: CostedModel[] = [];
  for (const limit of ACTIVATION_LIMITS) {
    const model = build(limit);
    tried.push({ model, ...(await exactCost(network, model, first)) });
  }
  const leastOf = (models: readonly CostedModel[]): number => Math.min(...models.map(({ exactBits }) => exactBits));
  const most = GIVEN_UP_ABOVE * leastOf(tried);
  tried = tried.filter(({ exactBits }) => exactBits <= most);
  const finished: CostedModel[] = [];
  for (const { model, floatBits, exactBits } of tried) {
    const rest = others.length > 0 ? await exactCost(network, model, others) : { floatBits: 0, exactBits: 0 };
    finished.push({ model, floatBits: floatBits + rest.floatBits, exactBits: exactBits + rest.exactBits });
  }
  const least = leastOf(finished);
  const best = finished.find(({ exactBits }) => exactBits === least);
  if (best === undefined) throw new Error("internal: no form of the exact networks was tried");
  return best;
}
