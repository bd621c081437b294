/**
 * The five filters of rows of FORMAT.md, "Alpha", which are those of PNG (third edition, section 9) for one byte a pixel: each byte less a
 * prediction from its neighbours, modulo 256.
 */

/** How many filters there are; they are numbered from 0. */
export const FILTERS = 5;

/** The filter that leaves a row as it is. */
export const PLAIN = 0;

type Prediction = (left: number, above: number, aboveLeft: number) => number;

const PREDICTIONS: readonly Prediction[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, aboveLeft) => {
    const estimate = left + above - aboveLeft;
    const [toLeft, toAbove, toBoth] = [
      Math.abs(estimate - left),
      Math.abs(estimate - above),
      Math.abs(estimate - aboveLeft),
    ];
    if (toLeft <= toAbove && toLeft <= toBoth) return left;
    return toAbove <= toBoth ? above : aboveLeft;
  },
];

/** Writes a row by a filter. @param above the row before it, zeros for the first */
export function filterRow(filter: number, row: Uint8Array, above: Uint8Array, to: Uint8Array): void {
  const predict = PREDICTIONS[filter]!;
  let [left, aboveLeft] = [0, 0];
  for (let at = 0; at < row.length; at++) {
    const value = row[at]!;
    to[at] = value - predict(left, above[at]!, aboveLeft);
    left = value;
    aboveLeft = above[at]!;
  }
}

/** Brings a row back, in place. */
export function unfilterRow(filter: number, row: Uint8Array, above: Uint8Array): void {
  const predict = PREDICTIONS[filter]!;
  let [left, aboveLeft] = [0, 0];
  for (let at = 0; at < row.length; at++) {
    left = (row[at]! + predict(left, above[at]!, aboveLeft)) & 255;
    row[at] = left;
    aboveLeft = above[at]!;
  }
}

/** How far bytes are from zero, as signed numbers: the usual guess at what deflate makes of them. */
export function roughness(row: Uint8Array): number {
  let sum = 0;
  for (const value of row) sum += value < 128 ? value : 256 - value;
  return sum;
}
