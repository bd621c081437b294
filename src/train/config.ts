/**
 * The configuration of a training run: one JSON object, every field with its default, checked completely before anything
 * starts. The full configuration, defaults filled in, is stored with every run and checkpoint.
 *
 * It refuses unknown fields: a misspelt option must not silently train with the default.
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import { DISTORTIONS, type Distortion, hasMsSsim } from "../distortion.ts";
import { DEVICES } from "../engine/runtime/session.ts";
import type { GrowthRules } from "../networks/architecture.ts";
import { ARCHITECTURES, NETWORK_TYPES, type NetworkType } from "../networks/architecture-table.ts";
import { DEFAULT_STRUCTURE } from "../networks/architectures/halfstep.ts";
import { createNetwork, networkProblem } from "../networks/create-network.ts";
import type { HalfstepStructure } from "../networks/network.ts";
import { highestLambda, knotsOf, LAMBDA_AT_LOWEST_QUALITY } from "../networks/quality.ts";
import { Z_STRIDE } from "../networks/strides.ts";
import { MS_SSIM_LEAST_SIDE } from "../objective/ms-ssim.ts";
import { DEFAULT_SCALE_BOUND } from "../scale-bound.ts";
import { SURROGATE_FIELDS, type SurrogatePairConfig, surrogatePairSchema } from "./surrogate-config.ts";

/** Learning rate after warm-up, as a factor of `learningRate`. Fractions are of the number of steps. */
export type ScheduleConfig =
  | { readonly type: "constant" }
  /** Constant for `holdFraction` of the run, then half a cosine wave down to `final` times the learning rate. */
  | { readonly type: "cosine"; readonly final: number; readonly holdFraction: number }
  /** Multiplied by `factor` at each of the fractions `at`. */
  | { readonly type: "step"; readonly at: readonly number[]; readonly factor: number };

/** A complete configuration of a training run. */
export interface TrainConfig {
  /** Which network, with N channels in the transforms and M in the latent (the names used in the literature). */
  readonly network: {
    readonly type: NetworkType;
    readonly N: number;
    readonly M: number;
    readonly structure?: HalfstepStructure | undefined;
  };
  /**
   * Which weights learn. "decoder": all but the encoder's (analysis and hyper-analysis), which stay bit by bit as `initialWeights` has
   * them; needs the surrogate `ste` on both paths, so that decoder and entropy model learn from rounded latents. Absent: all.
   */
  readonly trained?: "decoder" | undefined;
  /**
   * Train, and validate, with the large kernels of the transforms as a model file with 8-bit kernels holds them. Their gradients pass as if they were
   * not rounded. `halfstep model package` then writes such a file. Absent: no.
   */
  readonly int8Kernels?: true | undefined;
  /** What replaces rounding during training, for the entropy model and for the decoder. */
  readonly surrogate: SurrogatePairConfig;
  /** Round the latent minus its predicted mean, instead of the latent. */
  readonly zeroCenter: boolean;
  /**
   * Keep the distortion's gradient from the predicted mean (P1), or pass all of it (P2), whatever the surrogate's derivative.
   * Absent: off, the mean gets what differentiation finds. Needs zero-centering and a network with a mean.
   */
  readonly partialStopGradient?: "P1" | "P2" | undefined;
  /** Lower bound of the entropy model's standard deviation, in (0, 1]. */
  readonly scaleBound: number;
  /**
   * What the loss adds to the bits per pixel, times lambda ({@link Distortion}). Absent: "mse". The others need crops and validation crops of 192
   * pixels at least. A network of variable rate takes "mse" and "ms-ssim+mse", because its lambdas are those of the mean squared error.
   */
  readonly distortion?: Distortion | undefined;
  /** Weight of the distortion; 0.013 by default, and 16.64 for "ms-ssim", which is the same step of the customary series. */
  readonly lambda: number;
  /**
   * For a network of variable rate: train for all lambdas from the first to the second, drawn for each image of a batch, the lower
   * ones more often (`quality-inputs.ts`). Absent: for `lambda` alone.
   */
  readonly lambdaRange?: readonly [number, number] | undefined;
  /** Folder of packed images. */
  readonly data: string;
  /** Side of the training crops: a multiple of 64, at least 128. */
  readonly crop: number;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  readonly optimizer: {
    /** "muon": Muon for kernels, Adam for the rest. */
    readonly name: "adam" | "muon";
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    /** Gradients with a larger Euclidean norm are scaled down to it. */
    readonly clipNorm: number;
    /** Part of a kernel that each step takes away, times the learning rate. Absent: 0. */
    readonly weightDecay?: number | undefined;
    /** Steps over which the learning rate rises linearly. */
    readonly warmupSteps: number;
    readonly schedule: ScheduleConfig;
  };
  /** Decay of the moving average of the weights, per step; 0 turns it off. */
  readonly emaDecay: number;
  /** Threads that one training session uses. Part of what makes results repeat exactly. */
  readonly threads: number;
  /**
   * Where steps are computed: "webgpu" or "cuda", a graphics card. Absent: "cpu", the processor. Counts like `threads`: another
   * device adds in another order.
   */
  readonly device?: "cpu" | "webgpu" | "cuda" | undefined;
  readonly checkpointEvery: number;
  /** Steps between validations; 0 for none. */
  readonly validateEvery: number;
  /** The images that are not trained on, and the crops of them that are judged. */
  readonly validation: { readonly fraction: number; readonly crops: number; readonly size: number };
  /** Weights to start from: a run folder or a checkpoint. Model files hold integers in place of entropy networks. */
  readonly initialWeights?: string | undefined;
  /**
   * Whether `initialWeights` may be of a smaller halfstep with the same N and `wide`: fewer channels of y, fewer blocks, no bypass, one
   * group of channels in place of two. No by default.
   */
  readonly growInitialWeights?: boolean | undefined;
  readonly augment: { readonly minScale: number; readonly flip: boolean };
  /**
   * With the probability `share`, in 0..0.5, a crop is a drawn picture in place of a photograph: screenshots, text, line art, dithering, patterns
   * and pixel art (`data/drawn/draw-picture.ts`). It is drawn at the crop's size, never scaled, and flipped as `augment.flip` says. Absent: none.
   * Validation is on photographs alone.
   */
  readonly drawn?: { readonly share: number } | undefined;
}

const count: z.ZodInt = z.int().positive();
const fraction: z.ZodNumber = z.number().gte(0).lte(1);
const insideUnit: z.ZodNumber = z.number().gt(0).lt(1);

const depths = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
const structureShape = {
  wide: count.default(DEFAULT_STRUCTURE.wide),
  analysis: depths.default([...DEFAULT_STRUCTURE.analysis]),
  synthesis: depths.default([...DEFAULT_STRUCTURE.synthesis]),
  steps: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(DEFAULT_STRUCTURE.steps),
  bypass: z.boolean().optional(),
  core: count.optional(),
  knots: z.int().gte(2).lte(32).optional(),
};
const networkShape = {
  type: z.enum(NETWORK_TYPES).default("mean-scale-hyperprior"),
  N: count.default(64),
  M: count.default(96),
  structure: z.strictObject(structureShape).optional(),
};
const constantShape = { type: z.literal("constant") };
const cosineShape = {
  type: z.literal("cosine"),
  final: fraction.default(0.01),
  holdFraction: z.number().gte(0).lt(1).default(0),
};
const stepShape = { type: z.literal("step"), at: z.array(insideUnit).min(1), factor: insideUnit };
const optimizerShape = {
  name: z.enum(["adam", "muon"]).default("adam"),
  learningRate: z.number().positive().default(1e-3),
  beta1: z.number().gte(0).lt(1).default(0.9),
  beta2: z.number().gte(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  clipNorm: z.number().positive().default(1),
  weightDecay: z.number().nonnegative().optional(),
  warmupSteps: z.int().nonnegative().default(200),
  // A schedule that does not say which is a cosine, so that one of its fields can be set alone.
  schedule: z
    .preprocess(
      (value) => (isPlainObject(value) && !Object.hasOwn(value, "type") ? { type: "cosine", ...value } : value),
      z.discriminatedUnion("type", [
        z.strictObject(constantShape),
        z.strictObject(cosineShape),
        z.strictObject(stepShape),
      ]),
    )
    .prefault({}),
};
const validationShape = {
  fraction: z.number().gt(0).lt(1).default(0.02),
  crops: count.default(64),
  size: count.gte(Z_STRIDE).multipleOf(Z_STRIDE).default(256),
};
const augmentShape = { minScale: z.number().gt(0).lte(1).default(0.5), flip: z.boolean().default(true) };
const drawnShape = { share: z.number().gte(0).lte(0.5) };
const topShape = {
  network: z.strictObject(networkShape).prefault({}),
  surrogate: surrogatePairSchema.prefault({}),
  zeroCenter: z.boolean().default(true),
  partialStopGradient: z.enum(["off", "P1", "P2"]).optional(),
  scaleBound: z.number().gt(0).lte(1).default(DEFAULT_SCALE_BOUND),
  distortion: z.enum(DISTORTIONS).optional(),
  // Its default depends on the distortion.
  lambda: z.number().positive().optional(),
  lambdaRange: z.tuple([z.number().positive(), z.number().positive()]).optional(),
  data: z.string().min(1),
  // Crops of 64 leave a 1x1 hyper-latent that sees only padding: such networks code whole images badly.
  crop: count.gte(128).multipleOf(Z_STRIDE).default(128),
  batch: count.default(8),
  steps: count.default(20_000),
  seed: z.int().nonnegative().default(1),
  optimizer: z.strictObject(optimizerShape).prefault({}),
  emaDecay: z.number().gte(0).lt(1).default(0.999),
  threads: count.default(1),
  device: z.enum(DEVICES).optional(),
  checkpointEvery: count.default(500),
  validateEvery: z.int().nonnegative().default(1000),
  validation: z.strictObject(validationShape).prefault({}),
  initialWeights: z.string().min(1).optional(),
  growInitialWeights: z.boolean().optional(),
  trained: z.enum(["all", "decoder"]).optional(),
  int8Kernels: z.boolean().optional(),
  augment: z.strictObject(augmentShape).prefault({}),
  drawn: z.strictObject(drawnShape).optional(),
};

const DEFAULT_LAMBDA: Readonly<Record<Distortion, number>> = {
  mse: 0.013,
  "ms-ssim": 16.64,
  "ms-ssim+mse": 0.013,
};

/** Schema of a configuration; parsing fills in the defaults. For messages that help, use `parseConfig`. */
export const trainConfigSchema: z.ZodType<TrainConfig> = z
  .strictObject(topShape)
  .superRefine(({ network }, context) => {
    const problem = networkProblem(network);
    if (problem === null) return;
    context.addIssue({ code: "custom", path: ["network"], message: `widths that this network exists in (${problem})` });
  })
  .superRefine(({ partialStopGradient, zeroCenter, network }, context) => {
    if (partialStopGradient === undefined || partialStopGradient === "off") return;
    const built = networkProblem(network) === null ? createNetwork(network) : null;
    if (built === null) return;
    const hasMean = built.coding === "hyperprior" && built.predictsMean;
    if (zeroCenter && hasMean) return;
    const reason = zeroCenter ? `${network.type} predicts no mean` : "without zeroCenter no mean passes the surrogate";
    context.addIssue({ code: "custom", path: ["partialStopGradient"], message: `"off": ${reason}` });
  })
  .superRefine(({ trained, surrogate }, context) => {
    if (trained !== "decoder") return;
    const refuse = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    const { rate, distortion, hardFrom } = surrogate;
    if (rate !== "ste" || distortion !== "ste" || hardFrom !== undefined) {
      refuse(
        "surrogate",
        `"ste" with trained "decoder": the encoder stands still, and the rest learns from rounded latents`,
      );
    }
  })
  .superRefine(({ network, lambdaRange, distortion }, context) => {
    const { variableRate } = networkProblem(network) === null ? createNetwork(network) : { variableRate: true };
    const refuse = (path: readonly string[], message: string): void =>
      context.addIssue({ code: "custom", path: [...path], message });
    if (lambdaRange !== undefined) {
      const [low, high] = lambdaRange;
      if (!variableRate) refuse(["lambdaRange"], `nothing: ${network.type} is of fixed rate`);
      const highest = highestLambda(knotsOf(network));
      if (!(LAMBDA_AT_LOWEST_QUALITY <= low && low < high && high <= highest)) {
        refuse(["lambdaRange"], `two rising numbers in ${LAMBDA_AT_LOWEST_QUALITY}..${highest}`);
      }
    }
    if (variableRate && distortion === "ms-ssim")
      refuse(["distortion"], `"mse" or "ms-ssim+mse" for a network of variable rate`);
  })
  .superRefine(({ initialWeights, growInitialWeights, network }, context) => {
    if (growInitialWeights !== true) return;
    const reason =
      initialWeights === undefined
        ? "without initialWeights"
        : ARCHITECTURES[network.type].growth === undefined
          ? `for ${network.type}: its weights do not grow`
          : undefined;
    if (reason === undefined) return;
    context.addIssue({ code: "custom", path: ["growInitialWeights"], message: `false ${reason}` });
  })
  .superRefine(({ distortion, crop, validation }, context) => {
    if (!hasMsSsim(distortion)) return;
    const message = `192 at least with the distortion "${distortion}": its five scales need ${MS_SSIM_LEAST_SIDE} pixels`;
    if (crop < MS_SSIM_LEAST_SIDE) context.addIssue({ code: "custom", path: ["crop"], message });
    if (validation.size < MS_SSIM_LEAST_SIDE) {
      context.addIssue({ code: "custom", path: ["validation", "size"], message });
    }
  })
  // "all", "off", "mse", "cpu", no weight decay, no 8-bit kernels and nothing drawn are stored as absence, as runs were stored before the fields existed: one experiment,
  // one hash.
  .transform(
    ({
      lambda,
      trained,
      int8Kernels,
      partialStopGradient,
      distortion,
      device,
      drawn,
      optimizer: { weightDecay, ...optimizer },
      ...config
    }) => ({
      ...config,
      optimizer: { ...optimizer, ...(weightDecay === undefined || weightDecay === 0 ? {} : { weightDecay }) },
      // Always at this place, whether it was written or not: what is printed is printed again as it is.
      lambda: lambda ?? DEFAULT_LAMBDA[distortion ?? "mse"],
      ...(trained === undefined || trained === "all" ? {} : { trained }),
      ...(int8Kernels === true ? { int8Kernels } : {}),
      ...(partialStopGradient === undefined || partialStopGradient === "off" ? {} : { partialStopGradient }),
      ...(distortion === undefined || distortion === "mse" ? {} : { distortion }),
      ...(device === undefined || device === "cpu" ? {} : { device }),
      ...(drawn === undefined || drawn.share === 0 ? {} : { drawn }),
    }),
  );

/** How initial weights grow in a run: by the rules of its architecture, or null if they are taken as they are. */
export async function growthOf({ growInitialWeights, network }: TrainConfig): Promise<GrowthRules | null> {
  return growInitialWeights === true ? ((await ARCHITECTURES[network.type].growth?.()) ?? null) : null;
}

/** The fields that exist, by dotted path of the object that holds them ("" for the top). */
export const CONFIG_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(topShape),
  network: Object.keys(networkShape),
  "network.structure": Object.keys(structureShape),
  ...SURROGATE_FIELDS,
  optimizer: Object.keys(optimizerShape),
  "optimizer.schedule": [...new Set([...Object.keys(cosineShape), ...Object.keys(stepShape)])],
  validation: Object.keys(validationShape),
  augment: Object.keys(augmentShape),
  drawn: Object.keys(drawnShape),
};

/** The configuration as indented JSON with every field, ending in a newline; `parseConfig` reads it back unchanged. */
export function printConfig(config: TrainConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Fields that say where the data is and how often a run is validated and saved. They do not change its weights. */
const FIELDS_WITHOUT_INFLUENCE: readonly (keyof TrainConfig)[] = ["checkpointEvery", "validateEvery", "data"];

/**
 * Identity of an experiment: SHA-256 of the configuration's canonical JSON (fields sorted) without
 * {@link FIELDS_WITHOUT_INFLUENCE}. `threads` counts, because the order of floating-point sums depends on it.
 * The images themselves are identified by `PackedDataset.contentHash`.
 */
export function configHash(config: TrainConfig): string {
  const kept = Object.entries(config).filter(([key]) => !FIELDS_WITHOUT_INFLUENCE.includes(key as keyof TrainConfig));
  return createHash("sha256")
    .update(canonicalJson(Object.fromEntries(kept)))
    .digest("hex");
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** One field in which two configurations differ, with both values as JSON ("nothing" where it is absent). */
export interface ConfigDifference {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** All fields, by dotted path, in which two configurations differ. */
export function configDifferences(before: TrainConfig, after: TrainConfig): readonly ConfigDifference[] {
  const differences: ConfigDifference[] = [];
  const compare = (path: string, a: unknown, b: unknown): void => {
    if (isPlainObject(a) && isPlainObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        compare(path === "" ? key : `${path}.${key}`, a[key], b[key]);
      }
    } else if (JSON.stringify(a) !== JSON.stringify(b)) {
      differences.push({ field: path, before: JSON.stringify(a) ?? "nothing", after: JSON.stringify(b) ?? "nothing" });
    }
  };
  compare("", before, after);
  return differences;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
