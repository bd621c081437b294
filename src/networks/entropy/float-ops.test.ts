import { describe, expect, it } from "vitest";
import { evaluate, graphInput } from "../../engine/index.ts";
import { ParameterScope } from "../parameters.ts";
import { type EntropyLayer, tapMask } from "./entropy-ops.ts";
import { floatOps } from "./float-ops.ts";

/** Every weight another number, so that no tap goes unnoticed. */
function weights(name: string, count: number, channels: number): Record<string, number[]> {
  return {
    [`parameter/${name}.weight`]: Array.from({ length: count }, (_, i) => i + 1),
    [`parameter/${name}.bias`]: new Array<number>(channels).fill(0),
  };
}

describe("the masks of layers", () => {
  it("leave what comes before the centre, or the other colour of the chessboard", () => {
    expect([...tapMask(3, "causal")]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0]);
    expect([...tapMask(3, "checkerboard")]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
    const five = [...tapMask(5, "checkerboard")];
    expect(five.map((visible, tap) => visible !== (Math.floor(tap / 5) + (tap % 5)) % 2)).not.toContain(true);
    expect(five.reduce((sum, visible) => sum + visible, 0)).toBe(12);
  });

  it.each(["causal", "checkerboard"] as const)(
    "%s: a change reaches the positions that may see it, and no others",
    (mask) => {
      const [height, width] = [7, 8];
      const scope = ParameterScope.training();
      const layer: EntropyLayer = { name: "m", kind: "conv", channels: 1, kernel: 5, mask };
      const output = floatOps(scope).layer(graphInput("x", [1, 1, height, width]), layer);
      const run = (x: readonly number[]): Float64Array =>
        evaluate({ output }, { ...weights("m", 25, 1), x }).output.data;
      const [row, column] = [3, 4];
      const before = run(new Array<number>(height * width).fill(1));
      const after = run(Array.from({ length: height * width }, (_, i) => (i === row * width + column ? 2 : 1)));
      for (let i = 0; i < before.length; i++) {
        const [down, right] = [Math.floor(i / width) - row, (i % width) - column];
        const near = Math.abs(down) <= 2 && Math.abs(right) <= 2;
        const allowed = mask === "causal" ? down > 0 || (down === 0 && right > 0) : (down + right) % 2 !== 0;
        expect(before[i] !== after[i], `${down}, ${right}`).toBe(near && allowed);
      }
    },
  );
});

describe("entropy networks in floats", () => {
  it("use one set of parameters however often a layer is computed", () => {
    const scope = ParameterScope.training();
    const ops = floatOps(scope);
    const layer: EntropyLayer = { name: "twice", kind: "conv", channels: 2, kernel: 1 };
    const x = graphInput("x", [1, 2, 1, 1]);
    const output = ops.layer(ops.layer(x, layer), layer);
    expect(scope.specs.map(({ name }) => name)).toEqual(["twice.weight", "twice.bias"]);
    // [[1, 2], [3, 4]] applied twice to (1, 0).
    const { output: found } = evaluate({ output }, { ...weights("twice", 4, 2), x: [1, 0] });
    expect([...found.data]).toEqual([7, 15]);
  });

  it("lay the channels of a sub-pixel layer out in space", () => {
    const ops = floatOps(ParameterScope.training());
    const layer: EntropyLayer = { name: "up", kind: "sub-pixel", channels: 1, kernel: 1, stride: 2 };
    const output = ops.layer(graphInput("x", [1, 1, 1, 2]), layer);
    const { output: found } = evaluate({ output }, { ...weights("up", 4, 4), x: [1, 10] });
    expect([...found.data]).toEqual([1, 2, 10, 20, 3, 4, 30, 40]);
  });

  it("keep odd sites and clear the others", () => {
    const output = floatOps(ParameterScope.training()).atOddSites(graphInput("x", [1, 2, 2, 3]));
    const { output: found } = evaluate({ output }, { x: Array.from({ length: 12 }, (_, i) => i + 1) });
    expect([...found.data]).toEqual([0, 2, 0, 4, 0, 6, 0, 8, 0, 10, 0, 12]);
  });
});
