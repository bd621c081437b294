// A surrogate of rounding of your own, in twenty lines: half of the way from y to [y], with the gradient of y. How far is it from what a
// codec does, and what is its slope, beside additive noise and straight-through rounding?
import { add, evaluateSurrogate, findSurrogate, multiply, round, subtract } from "halfstep/research";

const halfWay = {
  id: "half-way",
  title: "half of the way to the nearest integer",
  noise: null,
  temperature: null,
  gradients: ["straight-through"],
  forward: (y) => add(y, multiply(subtract(round(y), y), 0.5)),
};

const latents = Float64Array.from({ length: 2000 }, (_, i) => (i - 1000) / 250 + 1e-3);
const noise = latents.map((_, i) => ((i * 0.6180339887) % 1) - 0.5);
for (const surrogate of [halfWay, findSurrogate("ste", null), findSurrogate("aun", null)]) {
  const { values, slopes } = evaluateSurrogate(surrogate, latents, surrogate.noise ? { noise } : {});
  const squared = values.reduce((sum, value, i) => sum + (value - Math.round(latents[i])) ** 2, 0) / latents.length;
  const slope = slopes.reduce((sum, one) => sum + one, 0) / slopes.length;
  console.log(`${surrogate.id}: squared mismatch ${squared.toFixed(3)}, mean slope ${slope.toFixed(2)}`);
}
