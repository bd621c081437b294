/**
 * SSIMULACRA 2 of 8-bit RGB images, in its form of April 2023: a measure of what people see, by J. Sneyers. Written from its published
 * definition, the program `tools/ssimulacra2.cc` of libjxl, with that program's weights and constants. The values agree with it
 * (docs/decisions/0030-ssimulacra2.md). 100 is the same image, and 90 cannot be distinguished from it side by side. 70 is high quality, 50
 * medium, 30 low, and there is no lower end.
 *
 * Both images become XYB, the colours of JPEG XL, at six scales, each half as large as the one before. For each scale and component there are three
 * maps of errors: differences by SSIM, edges that only the distorted image has, and edges that it lost. Two means of every map, weighted,
 * make the score.
 *
 * Refuses images under 8 pixels on a side, as the program does.
 */
import { srgbCurve } from "../image/colour/transfer-curve.ts";
import { checkSameSize, type Image } from "../image/image.ts";
import { eachRowOfMoments, type HalfWindow, type Plane } from "./local-moments.ts";
import { truncatedCosineWindow } from "./truncated-cosine-window.ts";

/** Smallest width and height of an image, and of one that is halved once more. */
export const ssimulacra2MinSide = 8;

const scaleCount = 6;
/** Keeps the quotient of SSIM stable where an image is flat. */
const structureConstant = 0.0009;
const window: HalfWindow = truncatedCosineWindow(1.5);

/** Linear red, green and blue to the responses of three kinds of cones (JPEG XL, ISO/IEC 18181-1, XYB), and what is added to each. */
const coneResponses = [
  [0.3, 0.622, 0.078],
  [0.23, 0.692, 0.078],
  [0.24342268924547819, 0.20476744424496821, 0.5518098665095535],
] as const;
const coneBias = 0.0037930732552754493;
const coneBiasRoot: number = Math.cbrt(coneBias);

/**
 * Weights of the means: a row for every scale of X from the finest on, then of Y, then of B. In a row those of the means, then those of
 * the fourth roots of the mean fourth powers, of the three maps in the order of {@link MapNorms}.
 */
const weights: readonly (readonly number[])[] = [
  [0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0],
  [0, 0.0004371155730107379, 0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752],
  [0, 0.0016406437456599754, 0, 1.8422455520539298, 11.441172603757666, 0],
  [0.0007989109436015163, 0.000176816438078653, 0, 1.8787594979546387, 10.94906990605142, 0],
  [0.0007289346991508072, 0.9677937080626833, 0, 0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053],
  [0.0004550992113792063, 0, 0, 0.0013648766163243398, 0, 0],
  [0, 0, 0, 7.466890328078848, 0, 17.445833984131262],
  [0.0006235601634041466, 0, 0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264],
  [225.20515300849274, 0, 0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985],
  [176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408],
  [0, 0, 0, 34.77906344483772, 44.835625328877896, 0],
  [0, 0, 0, 0, 0, 0],
  [0, 0.0008680556573291698, 0, 0, 0, 0],
  [0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0],
  [0, 0, 0, 0.0004179171803251336, 0.0017290828234722833, 0],
  [0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0],
  [
    95.1080498811086, 0.9863978034400682, 0.9834382792465353, 0.0012286405048278493, 171.2667255897307,
    0.9807858872435379,
  ],
  [0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537],
];

/** Of one component at one scale: means of the maps, and fourth roots of the means of their fourth powers. */
type MapNorms = readonly [
  unlike: number,
  newEdges: number,
  lostEdges: number,
  unlike4: number,
  newEdges4: number,
  lostEdges4: number,
];

/** Three components of an image, at one scale. */
interface Planes {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of linear light 0..1, or X, Y and B. */
  readonly components: readonly [Float32Array, Float32Array, Float32Array];
}

/**
 * SSIMULACRA 2 of a distorted image against the original, up to 100; it makes a difference which is which. Takes 30 bytes of memory a
 * pixel meanwhile.
 *
 * An image under 113 pixels on a side has fewer than six scales. The program then goes on in its list of weights where a scale is missing,
 * and so does this: such scores agree with the program's, but say little.
 *
 * @throws {RangeError} if the sizes differ or a side is under {@link ssimulacra2MinSide} = 8 pixels.
 */
export function ssimulacra2(original: Image, distorted: Image): number {
  checkSameSize(original, distorted, "ssimulacra2");
  if (isTooSmall(original)) {
    const size = `${original.width} x ${original.height} pixels`;
    throw new RangeError(`ssimulacra2: got ${size}, expected at least ${ssimulacra2MinSide} per side`);
  }
  const norms: readonly MapNorms[][] = [[], [], []];
  let [a, b] = [linearLight(original), linearLight(distorted)];
  for (let scale = 0; ; scale++) {
    const isLast = scale === scaleCount - 1 || isTooSmall(a);
    const coarser = isLast ? null : ([halved(a), halved(b)] as const);
    toPositiveXyb(a);
    toPositiveXyb(b);
    for (const [component, list] of norms.entries()) list.push(mapNorms(planeOf(a, component), planeOf(b, component)));
    if (coarser === null) return score(norms.flat(2));
    [a, b] = coarser;
  }
}

/**
 * {@link ssimulacra2}, or null for images that are too small for it.
 *
 * @throws {RangeError} if the sizes differ.
 */
export function ssimulacra2OrNull(original: Image, distorted: Image): number | null {
  checkSameSize(original, distorted, "ssimulacra2OrNull");
  return isTooSmall(original) ? null : ssimulacra2(original, distorted);
}

function isTooSmall({ width, height }: { readonly width: number; readonly height: number }): boolean {
  return Math.min(width, height) < ssimulacra2MinSide;
}

/** From the weighted sum of the means to a scale on which people's opinions lie evenly: fitted by its author. */
function score(norms: readonly number[]): number {
  const list = weights.flat();
  const sum = 0.9562382616834844 * norms.reduce((sum, norm, i) => sum + list[i]! * norm, 0);
  const error = 2.326765642916932 * sum - 0.020884521182843837 * sum ** 2 + 6.248496625763138e-5 * sum ** 3;
  return error > 0 ? 100 - 10 * error ** 0.6276336467831387 : 100;
}

function linearLight({ width, height, data }: Image): Planes {
  const light = Float32Array.from({ length: 256 }, (_, level) => srgbCurve(level / 255));
  const [red, green, blue] = emptyComponents(width * height);
  for (let i = 0, at = 0; i < red.length; i++, at += 3) {
    red[i] = light[data[at]!]!;
    green[i] = light[data[at + 1]!]!;
    blue[i] = light[data[at + 2]!]!;
  }
  return { width, height, components: [red, green, blue] };
}

function emptyComponents(length: number): [Float32Array, Float32Array, Float32Array] {
  return [new Float32Array(length), new Float32Array(length), new Float32Array(length)];
}

/** Means of 2x2 blocks; the last column and row of odd sides count twice. */
function halved({ width, height, components }: Planes): Planes {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const means = emptyComponents(half.width * half.height);
  for (const [c, source] of components.entries()) {
    const target = means[c]!;
    for (let y = 0, at = 0; y < half.height; y++) {
      const upper = 2 * y * width;
      const lower = Math.min(2 * y + 1, height - 1) * width;
      for (let x = 0; x < half.width; x++, at++) {
        const left = 2 * x;
        const right = Math.min(left + 1, width - 1);
        target[at] =
          (source[upper + left]! + source[upper + right]! + source[lower + left]! + source[lower + right]!) / 4;
      }
    }
  }
  return { ...half, components: means };
}

/** Linear light to XYB in place, with B less Y, moved and stretched into 0..1: SSIM wants nothing negative. */
function toPositiveXyb({ components: [first, second, third] }: Planes): void {
  const [[lr, lg, lb], [mr, mg, mb], [sr, sg, sb]] = coneResponses;
  for (let i = 0; i < first.length; i++) {
    const [red, green, blue] = [first[i]!, second[i]!, third[i]!];
    const l = Math.cbrt(lr * red + lg * green + lb * blue + coneBias) - coneBiasRoot;
    const m = Math.cbrt(mr * red + mg * green + mb * blue + coneBias) - coneBiasRoot;
    const s = Math.cbrt(sr * red + sg * green + sb * blue + coneBias) - coneBiasRoot;
    const x = (l - m) / 2;
    const y = (l + m) / 2;
    first[i] = 14 * x + 0.42;
    second[i] = y + 0.01;
    third[i] = s - y + 0.55;
  }
}

function planeOf({ width, height, components }: Planes, component: number): Plane {
  return { width, height, levels: components[component]! };
}

/** The three maps of one component, and their means. */
function mapNorms(a: Plane, b: Plane): MapNorms {
  const [original, distorted] = [a.levels, b.levels];
  let [unlike1, newEdges1, lostEdges1, unlike4, newEdges4, lostEdges4] = [0, 0, 0, 0, 0, 0];
  eachRowOfMoments(a, b, window, "zeros", (moments, y) => {
    for (let at = 0, i = y * a.width; at < moments.length; at += 4, i++) {
      const meanA = moments[at]!;
      const meanB = moments[at + 1]!;
      const variances = moments[at + 2]! - (meanA * meanA + meanB * meanB);
      const covariance = moments[at + 3]! - meanA * meanB;
      // Without the denominator that SSIM has here: components are even to the eye already.
      const luminance = 1 - (meanA - meanB) * (meanA - meanB);
      const similarity = (luminance * (2 * covariance + structureConstant)) / (variances + structureConstant);
      const unlike = Math.max(1 - similarity, 0);
      unlike1 += unlike;
      unlike4 += unlike * unlike * unlike * unlike;
      const edges = (1 + Math.abs(distorted[i]! - meanB)) / (1 + Math.abs(original[i]! - meanA)) - 1;
      const fourth = edges * edges * edges * edges;
      if (edges > 0) {
        newEdges1 += edges;
        newEdges4 += fourth;
      } else {
        lostEdges1 -= edges;
        lostEdges4 += fourth;
      }
    }
  });
  const mean = (sum: number): number => sum / original.length;
  const root = (sum: number): number => Math.sqrt(Math.sqrt(mean(sum)));
  return [mean(unlike1), mean(newEdges1), mean(lostEdges1), root(unlike4), root(newEdges4), root(lostEdges4)];
}
