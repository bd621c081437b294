import { describe, expect, it } from "vitest";
import { add, CounterRandom, elementCount, evaluate, graphInput } from "../../engine/index.ts";
import { initializeParameters } from "../initialize-parameters.ts";
import { ParameterScope, parameterInputName } from "../parameters.ts";
import { qualityShape, qualityWeights } from "../quality.ts";
import { ga, gs } from "./halfstep.ts";

const SIDE = 32;

/** Waves of different lengths in three colours, `[1, 3, 32, 32]` in 0..1. */
const image = Float64Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [x, y, plane] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
  return 0.5 + 0.3 * Math.sin(x / 3 + plane / 2) * Math.cos(y / 5) + 0.1 * Math.sin((x + y) / (2 + plane));
});

/** A freshly drawn network on the image: its latent, and what comes back without rounding. */
function untrained(N: number, wide: number, M: number, position: number) {
  const scope = ParameterScope.training();
  const options = { N, wide, M, analysis: [1, 1], synthesis: [1, 1], steps: 1 } as const;
  const quality = graphInput("quality", qualityShape(1));
  const y = ga(scope.scope("ga"), graphInput("image", [1, 3, SIDE, SIDE]), quality, options);
  const yHat = graphInput("y", y.shape);
  const back = gs(scope.scope("gs"), yHat, quality, options);
  const weights = initializeParameters(scope.specs, 1);
  const feeds = Object.fromEntries([...weights].map(([name, { data }]) => [parameterInputName(name), data]));
  const common = { ...feeds, quality: qualityWeights([position]) };
  const latent = evaluate({ latent: y }, { ...common, image }).latent.data;
  const decode = (values: ArrayLike<number>): Float64Array => evaluate({ back }, { ...common, y: values }).back.data;
  return { latent, decode };
}

const meanSquare = (a: ArrayLike<number>): number =>
  Array.from(image, (value, i) => (value - a[i]!) ** 2).reduce((sum, e) => sum + e, 0) / image.length;
const psnr = (a: ArrayLike<number>): number => -10 * Math.log10(meanSquare(a));

describe("an untrained halfstep", () => {
  it("loses nothing in transforms of full width", () => {
    const { latent, decode } = untrained(192, 768, 768, 0.5);
    expect(latent.length).toBe(768 * 4);
    expect(psnr(decode(latent))).toBeGreaterThan(100);
  });

  it("keeps most of a picture in narrow ones", () => {
    const { latent, decode } = untrained(128, 192, 192, 0.5);
    expect(psnr(decode(latent))).toBeGreaterThan(29);
  });

  it("grows no faster than a picture does, however far it is from a photograph", () => {
    const scope = ParameterScope.training();
    const options = { N: 16, wide: 16, M: 16, analysis: [2, 2], synthesis: [2, 2], steps: 1 } as const;
    const quality = graphInput("quality", qualityShape(1));
    const y = ga(scope, graphInput("image", [1, 3, SIDE, SIDE]), quality, options);
    const feeds: Record<string, ArrayLike<number>> = { quality: qualityWeights([0]) };
    for (const [i, { name, shape }] of scope.specs.entries()) {
      const data = new Float32Array(elementCount(shape));
      new CounterRandom(8).fillUniform(data, 0, i, -0.3, 0.3);
      feeds[parameterInputName(name)] = data;
    }
    const size = (scale: number): number => {
      const { y: found } = evaluate(
        { y: add(y, 0) },
        { ...feeds, image: image.map((value) => scale * (value - 0.5) + 0.5) },
      );
      return Math.sqrt(found.data.reduce((sum, value) => sum + value * value, 0));
    };
    // Four blocks of unbounded products would multiply by up to the sixteenth power.
    expect(size(1e6) / size(1e3)).toBeLessThan(1.1e3);
    expect(size(1e6)).toBeGreaterThan(size(1));
  });

  it("rounds more finely the higher the quality", () => {
    const errors = [0, 0.5, 1].map((position) => {
      const { latent, decode } = untrained(192, 256, 256, position);
      return psnr(decode(latent.map(Math.round)));
    });
    expect(errors[1]!).toBeGreaterThan(errors[0]! + 3);
    expect(errors[2]!).toBeGreaterThan(errors[1]! + 3);
  });

  it("has latents in steps: from the lowest quality to the highest they grow by the root of the ratio of lambda", () => {
    const [low, high] = [0, 1].map((position) => untrained(24, 24, 24, position).latent) as [
      Float64Array,
      Float64Array,
    ];
    const ratio = Math.sqrt(0.128 / 0.0016);
    for (let i = 0; i < low.length; i++) expect(high[i]).toBeCloseTo(ratio * low[i]!, 4);
  });
});
