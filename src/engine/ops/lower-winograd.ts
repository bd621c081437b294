/**
 * 3x3 convolutions by Winograd's minimal filtering, F(4x4, 3x3): tiles of 4x4 results from 6x6 elements take 36 products for each pair of channels, where
 * the definition takes 144. The matrices are those of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv 1509.09308: with a tile d
 * and a filter g, the results are A^T [(G g G^T) (B^T d B)] A, where the inner product is element by element and is summed over the channels.
 *
 * Everything is written in nodes of ONNX. The two transforms of the image are 1x1 convolutions over the elements of a tile, and the products are a 1x1
 * convolution of 36 groups. The transform of the filters is folded by the runtime when it opens the model. Measured in docs/log/0009-runtimes.md.
 */
import { at, type OnnxEmitter } from "../graph/tensor.ts";
import { type Quad, quad } from "./convolution-geometry.ts";
import { reshape, slice } from "./nodes.ts";

/** Rows of results in a tile, and rows of the image that they need. */
const RESULTS = 4;
const ROWS = 6;
/** Elements of a tile. */
const ELEMENTS = ROWS * ROWS;
/** Below this number of channels, in or out, the transforms cost more than they save. */
const FEWEST_CHANNELS = 32;
const TO_THE_END = 2 ** 31 - 1;

/** B^T */
const OF_TILES = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
/** G */
const OF_FILTERS = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
/** A^T */
const OF_RESULTS = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];
/** The product, of 36, that reaches every result of a tile once: A^T has a column of ones. A bias is added there. */
const OF_ALL_RESULTS = ROWS + 1;

/** A position in a tile: row and column. */
type Position = readonly [number, number];

/** Row by row. */
function positions(rows: number, columns: number): Position[] {
  return Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns]);
}

/** The transform of both axes as one matrix: `from` positions to `to` positions, each axis by `matrix`. */
function bothAxes(
  matrix: readonly (readonly number[])[],
  to: readonly Position[],
  from: readonly Position[],
): number[] {
  return to.flatMap(([row, column]) => from.map(([r, c]) => at(at(matrix, row), r) * at(at(matrix, column), c)));
}

/** What of a convolution decides whether this way is open. */
export interface SmallConvolution {
  /** `[n, ci, h, w]` */
  readonly input: readonly number[];
  /** `[co, ci, kh, kw]` */
  readonly kernel: readonly number[];
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** Whether a convolution can be written this way, and is faster so. */
export function suitsWinograd({ input, kernel, stride, padding, dilation, groups }: SmallConvolution): boolean {
  const [n] = quad("conv2d", input);
  const [co, ci, kh, kw] = quad("conv2d", kernel);
  const isSmall = kh === 3 && kw === 3 && stride === 1 && padding === 1 && dilation === 1 && groups === 1;
  return isSmall && n === 1 && Math.min(co, ci) >= FEWEST_CHANNELS;
}

/** A 1x1 convolution. */
function mix(emit: OnnxEmitter, inputs: readonly string[], group = 1): string {
  return emit.node("Conv", inputs, { kernel_shape: [1, 1], group });
}

/** `[1, ci, h, w]` with a row and a column of zeros before it, and after it as many as whole tiles need. */
function padded(emit: OnnxEmitter, x: string, [, , h, w]: Quad): string {
  const before = [0, 0, 1, 1];
  // The last tile needs one row more than it has results. Three of them are there: the sides must be multiples of the tile.
  const after = RESULTS - 1;
  if (!emit.openImageSize) {
    return emit.node("Pad", [x, emit.integers([...before, 0, 0, ...[h, w].map((side) => after + whole(side) - side)])]);
  }
  const missing = emit.node("Mod", [emit.node("Neg", [sides(emit, x)]), emit.integers([RESULTS])]);
  const ends = emit.node("Add", [missing, emit.integers([after])]);
  return emit.node("Pad", [x, emit.node("Concat", [emit.integers([...before, 0, 0]), ends], { axis: 0 })]);
}

/** A side of whole tiles. */
function whole(side: number): number {
  return RESULTS * Math.ceil(side / RESULTS);
}

/** Height and width of an image, while the model runs. */
function sides(emit: OnnxEmitter, x: string): string {
  return slice(emit, emit.node("Shape", [x]), [0], [2], [4]);
}

/** The elements of all tiles, `[1, 36 ci, h / 4, w / 4]`, and which element each group of ci channels is. */
function tiles(emit: OnnxEmitter, x: string, ci: number): { readonly elements: string; readonly order: Position[] } {
  // Element (r, c) of a tile is pixel (r mod 4, c mod 4) of its own block or of the next one below, to the right, or both.
  const blocks = emit.node("SpaceToDepth", [x], { blocksize: RESULTS });
  const order: Position[] = [];
  const parts: string[] = [];
  const take = (block: Position, [row, column]: Position, rows: number, columns: number): void => {
    order.push(
      ...positions(rows, columns).map(
        ([r, c]): Position => [RESULTS * block[0] + row + r, RESULTS * block[1] + column + c],
      ),
    );
    const first = ci * (RESULTS * row + column);
    const ends = block.map((next) => (next === 0 ? -1 : TO_THE_END));
    parts.push(slice(emit, blocks, [1, 2, 3], [first, ...block], [first + ci * rows * columns, ...ends]));
  };
  const next = ROWS - RESULTS;
  for (const [below, rows] of [
    [0, RESULTS],
    [1, next],
  ] as const) {
    // Whole rows of a block are channels in a row.
    take([below, 0], [0, 0], rows, RESULTS);
    for (let row = 0; row < rows; row++) take([below, 1], [row, 0], 1, next);
  }
  return { elements: emit.node("Concat", parts, { axis: 1 }), order };
}

/**
 * A convolution that {@link suitsWinograd}.
 * @param inputs of the node: image, kernel, and the bias if there is one
 */
export function lowerWinograd(emit: OnnxEmitter, inputs: readonly string[], input: Quad, kernel: Quad): string {
  const [co, ci] = kernel;
  const [x, filters, bias] = inputs as readonly [string, string, string?];
  const { elements, order } = tiles(emit, padded(emit, x, input), ci);
  const all = positions(ROWS, ROWS);
  // The elements of a tile are the channels here; 0 keeps the width.
  const asElements = (value: string): string => reshape(emit, value, [1, ELEMENTS, -1, 0]);

  const ofTiles = emit.floats(bothAxes(OF_TILES, all, order), [ELEMENTS, ELEMENTS, 1, 1]);
  const transformed = reshape(emit, mix(emit, [asElements(elements), ofTiles]), [1, ELEMENTS * ci, -1, 0]);

  const taps = emit.node("Transpose", [reshape(emit, filters, [co * ci, 9])], { perm: [1, 0] });
  const ofFilters = emit.floats(bothAxes(OF_FILTERS, all, positions(3, 3)), [ELEMENTS, 9]);
  const factors = reshape(emit, emit.node("MatMul", [ofFilters, taps]), [ELEMENTS * co, ci, 1, 1]);
  const around = [co * OF_ALL_RESULTS, co * (ELEMENTS - OF_ALL_RESULTS - 1)];
  const added = bias === undefined ? [] : [emit.node("Pad", [bias, emit.integers(around)])];
  const products = mix(emit, [transformed, factors, ...added], ELEMENTS);

  const area = RESULTS * RESULTS;
  const ofResults = emit.floats(bothAxes(OF_RESULTS, positions(RESULTS, RESULTS), all), [area, ELEMENTS, 1, 1]);
  const results = reshape(emit, mix(emit, [asElements(products), ofResults]), [1, area * co, -1, 0]);
  const image = emit.node("DepthToSpace", [results], { blocksize: RESULTS, mode: "DCR" });
  if (!emit.openImageSize) {
    const [, , h, w] = input;
    return h === whole(h) && w === whole(w) ? image : slice(emit, image, [2, 3], [0, 0], [h, w]);
  }
  const [starts, axes] = [emit.integers([0, 0]), emit.integers([2, 3])];
  return emit.node("Slice", [image, starts, sides(emit, x), axes]);
}
