/**
 * Calibration of the exact layers on real images: how large the activations of the hyper-synthesis get, and afterwards how many
 * bits the exact form costs beside the float one, on the same images.
 */
import { exactSequence } from "../codec/exact/exact-graph.ts";
import type { ExactLayer } from "../codec/exact/exact-layer.ts";
import type { CalibratedLimits } from "../codec/exact/quantize-layers.ts";
import { gaussianInformation } from "../codec/latents/gaussian-information.ts";
import { symbolOf } from "../codec/latents/latent-coder.ts";
import { defineGraph, type Graph, graphInput, round, slice, type Tensor } from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { type Array32, openSession } from "../engine/runtime/session.ts";
import { sequence } from "../networks/layers/sequence.ts";
import type { MeanScaleNetwork } from "../networks/network.ts";
import { ParameterScope, type WeightArray } from "../networks/parameters.ts";

/** Latents of one image as the float network gives them. */
interface FloatLatents {
  readonly y: Array32;
  readonly zRounded: Array32;
  /** Bits of round(y - mean) under the float network's scales. */
  readonly bits: number;
}

/** What calibration found; the latents serve {@link exactCost}. */
export interface Calibration {
  readonly limits: CalibratedLimits;
  readonly latents: readonly FloatLatents[];
}

const halves = (both: Tensor, M: number): { scale: Tensor; mean: Tensor } => ({
  scale: slice(both, { axes: [1], starts: [0], ends: [M] }),
  mean: slice(both, { axes: [1], starts: [M], ends: [2 * M] }),
});

/** Runs a graph on one input after the other and closes it. */
async function runAll(
  graph: Graph,
  input: string,
  feeds: readonly Array32[],
  use: (outputs: ReadonlyMap<string, Array32>, index: number) => void,
): Promise<void> {
  const session = await openSession(exportOnnx(graph, { openImageSize: true }));
  try {
    for (const [index, feed] of feeds.entries()) use(await session.run(new Map([[input, feed]])), index);
  } finally {
    await session.close();
  }
}

/** Bits of one image's y under given scales and means. */
function yBits(y: Array32, scale: Array32, mean: Array32, scaleBound: number): number {
  const symbols = Int32Array.from(y.data, (value, i) => symbolOf(value - (mean.data[i] as number)));
  return gaussianInformation(symbols, scale.data, scaleBound);
}

/**
 * Runs the float network on images.
 *
 * @param images each `[1, 3, h, w]` in 0..1, sides multiples of 64.
 */
export async function calibrate(
  network: MeanScaleNetwork,
  weights: ReadonlyMap<string, WeightArray>,
  scaleBound: number,
  images: readonly Array32[],
): Promise<Calibration> {
  const scope = ParameterScope.frozen(weights);
  const y = network.analysis(scope, graphInput("image", [1, 3, 64, 64]));
  const zRounded = round(network.hyperAnalysis(scope, y));
  const stages = sequence(scope.scope(network.hyperSynthesisScope), zRounded, network.hyperSynthesisLayers);
  const hidden = stages.slice(0, -1);
  const graph = defineGraph({
    y,
    zRounded,
    ...halves(stages.at(-1) as Tensor, network.config.M),
    ...Object.fromEntries(hidden.map((stage, i) => [`hidden${i}`, stage])),
  });
  const activations = network.hyperSynthesisLayers.slice(0, -1).map(({ channels }) => new Float64Array(channels));
  const latents: FloatLatents[] = [];
  let input = 1;
  await runAll(graph, "image", images, (outputs) => {
    const of = (name: string): Array32 => outputs.get(name) as Array32;
    const rounded = of("zRounded");
    input = rounded.data.reduce((most, value) => Math.max(most, Math.abs(value)), input);
    for (const [i, most] of activations.entries()) raise(most, of(`hidden${i}`));
    latents.push({ y: of("y"), zRounded: rounded, bits: yBits(of("y"), of("scale"), of("mean"), scaleBound) });
  });
  return { limits: { input, activations }, latents };
}

/** Raises each channel's maximum to the largest magnitude of a map `[1, channels, h, w]`. */
function raise(most: Float64Array, { data }: Array32): void {
  const area = data.length / most.length;
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / area);
    most[channel] = Math.max(most[channel] as number, Math.abs(data[i] as number));
  }
}

/** Bits of y over all calibrated images, by the float network and by the exact layers. */
export async function exactCost(
  network: MeanScaleNetwork,
  layers: readonly ExactLayer[],
  scaleBound: number,
  { latents }: Calibration,
): Promise<{ readonly floatBits: number; readonly exactBits: number }> {
  const both = exactSequence(graphInput("z", [1, network.zChannels, 1, 1]), layers);
  let exactBits = 0;
  await runAll(
    defineGraph(halves(both, network.config.M)),
    "z",
    latents.map(({ zRounded }) => zRounded),
    (outputs, index) => {
      const { y } = latents[index] as FloatLatents;
      exactBits += yBits(y, outputs.get("scale") as Array32, outputs.get("mean") as Array32, scaleBound);
    },
  );
  return { floatBits: latents.reduce((sum, { bits }) => sum + bits, 0), exactBits };
}
