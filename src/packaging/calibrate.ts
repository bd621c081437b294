/**
 * Calibration of the exact networks on real images: how large the results of their layers get, and afterwards how many bits the
 * exact form costs beside the float one, on the same images.
 */
import { informationCount } from "../codec/estimate/information-count.ts";
import type { CalibratedLimits } from "../codec/exact/quantize-layers.ts";
import { openNetwork } from "../codec/graphs.ts";
import { hyperpriorCoder } from "../codec/latents/hyperprior-coder.ts";
import type { Model, ModelDescription } from "../codec/model/model.ts";
import { QUALITY_FIELD_LIMIT, qualityInput } from "../codec/quality-setting.ts";
import { FeatureMap } from "../codec/tiling/feature-map.ts";
import { TiledMap } from "../codec/tiling/tiled-map.ts";
import { defineGraph, type FloatArray, graphInput, type Tensor } from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import { openSession } from "../engine/runtime/session.ts";
import { trainHyperprior } from "../networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../networks/network.ts";
import { ParameterScope } from "../networks/parameters.ts";
import { qualityShape } from "../networks/quality.ts";

/** Latents of one image as the float network gives them. */
export interface FloatLatents {
  readonly y: FloatArray;
  /** Bits of y under the float network's densities. */
  readonly yBits: number;
  /** Bits of z. */
  readonly zBits: number;
}

/** What calibration found; the latents serve {@link exactCost}. */
export interface Calibration {
  readonly limits: CalibratedLimits;
  /** Of each image in turn, at each quality. */
  readonly latents: readonly FloatLatents[];
}

/** Raises each channel's maximum to the largest magnitude of a map `[1, channels, h, w]`. */
function raise(most: Float64Array, { data }: FloatArray): void {
  const area = data.length / most.length;
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / area);
    most[channel] = Math.max(most[channel]!, Math.abs(data[i]!));
  }
}

/**
 * Positions in its range of qualities at which a network of variable rate sees each image: its ends and what lies between, for all
 * qualities are coded by the same integers.
 */
const CALIBRATED_POSITIONS = [0, 1 / 3, 2 / 3, 1] as const;

/** The inputs "quality" that each image is seen with; one undefined for a network of fixed rate. */
function qualitiesOf(
  lambdaRange: readonly [number, number] | undefined,
  knots: number,
): readonly (FloatArray | undefined)[] {
  if (lambdaRange === undefined) return [undefined];
  const fields = CALIBRATED_POSITIONS.map((position) => 1 + Math.round(position * (QUALITY_FIELD_LIMIT - 1)));
  return fields.map((field) => qualityInput(field, lambdaRange, knots));
}

/**
 * Runs the float network on images, with real rounding; at several qualities if there is a choice.
 *
 * @param images each `[1, 3, h, w]` in 0..1, all of one size, sides multiples of 64.
 * @param lambdaRange of a network of variable rate
 */
export async function calibrate(
  network: HyperpriorNetwork,
  weights: ReadonlyMap<string, FloatArray>,
  { scaleBound, lambdaRange }: Pick<ModelDescription, "scaleBound" | "lambdaRange">,
  images: readonly FloatArray[],
): Promise<Calibration> {
  const [first] = images;
  if (first === undefined) throw new RangeError("calibrate: got no images, expected at least one");
  const watched: { readonly name: string; readonly channels: number; readonly result: Tensor }[] = [];
  const noise = (): never => {
    throw new Error("internal: real rounding asked for noise");
  };
  const { parts, latents: tensors } = trainHyperprior(
    network,
    ParameterScope.frozen(weights),
    graphInput("image", first.shape),
    {
      rate: "ste",
      distortion: "ste",
      zeroCenter: true,
      scaleBound,
      noise,
      quality: network.variableRate ? graphInput("quality", qualityShape(1, network.qualityKnots)) : undefined,
    },
    { watch: ({ name, channels }, result) => watched.push({ name, channels, result }) },
  );
  const graph = defineGraph({
    ...tensors,
    yBits: parts.y,
    zBits: parts.z as Tensor,
    ...Object.fromEntries(watched.map(({ result }, i) => [`layer${i}`, result])),
  });
  const activations = new Map(watched.map(({ name, channels }) => [name, new Float64Array(channels)]));
  const latentLimits = new Float64Array(network.sizes.M);
  const latents: FloatLatents[] = [];
  let z = 1;
  const session = await openSession(exportOnnx(graph));
  try {
    const qualities = qualitiesOf(lambdaRange, network.qualityKnots);
    for (const [image, quality] of images.flatMap((image) => qualities.map((quality) => [image, quality] as const))) {
      const feeds = new Map([["image", image]]);
      if (quality !== undefined) feeds.set("quality", quality);
      const outputs = await session.run(feeds);
      const of = (name: string): FloatArray => outputs.get(name) as FloatArray;
      z = of("zHat").data.reduce((most, value) => Math.max(most, Math.abs(value)), z);
      raise(latentLimits, of("yHat"));
      for (const [i, { name }] of watched.entries()) raise(activations.get(name) as Float64Array, of(`layer${i}`));
      latents.push({ y: of("y"), yBits: of("yBits").data[0]!, zBits: of("zBits").data[0]! });
    }
  } finally {
    await session.close();
  }
  return { limits: { z: Math.round(z), latents: latentLimits, activations }, latents };
}

/** Bits of y over the given images and qualities, by the float network and by a model's exact networks. */
export async function exactCost(
  network: HyperpriorNetwork,
  model: Model,
  latents: readonly FloatLatents[],
): Promise<{ readonly floatBits: number; readonly exactBits: number }> {
  if (model.tables.coding !== "hyperprior") throw new Error("internal: a hyperprior has the tables of another network");
  const runner = await openNetwork(model, openGraphOn("cpu"), 1);
  let [floatBits, exactBits] = [0, 0];
  try {
    const coder = hyperpriorCoder(model, model.tables, network, runner);
    for (const { y, yBits, zBits } of latents) {
      const [channels, height, width] = y.shape.slice(1) as [number, number, number];
      const map = new FeatureMap(channels, height, width, Float32Array.from(y.data));
      const count = informationCount(model, network);
      await coder.encode(TiledMap.of(map), {
        tileSize: 0,
        listener: count,
        bitsPerSquaredStep: Infinity,
        leaveOutNothing: true,
      });
      floatBits += yBits;
      exactBits += count.bits - zBits;
    }
  } finally {
    await runner.close();
  }
  return { floatBits, exactBits };
}
