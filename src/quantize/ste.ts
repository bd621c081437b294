/** Straight-through rounding: the value is the real one, the derivative is taken to be 1. */
import { roundHard } from "./hard.ts";
import type { Surrogate } from "./surrogate.ts";

/** Forward [y]; derivative 1. */
export const straightThrough: Surrogate = {
  id: "ste",
  form: null,
  title: "straight-through rounding",
  formula: "[y]",
  slope: "1",
  source: "Theis, Shi, Cunningham, Huszár, ICLR 2017",
  isReconstruction: false,
  noise: null,
  temperature: null,
  gradients: ["straight-through"],
  forward: roundHard,
};
