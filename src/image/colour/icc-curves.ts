/**
 * Curves of ICC profiles. Based on ICC.1:2022 (profile version 4.4), sections 10.6 (curveType) and 10.18 (parametricCurveType). Never fails: for a
 * curve that it cannot read it gives null.
 */
import { fixedNumber, tagType } from "./icc-tags.ts";
import { gammaCurve, linearCurve, type TransferCurve } from "./transfer-curve.ts";
import { unit } from "./unit.ts";

/** The longest curve that is read, in entries; the field is 32 bits wide. */
const MAX_CURVE_ENTRIES = 65536;

/** A curve that begins where the view does; null for none. */
export function readCurve(view: DataView | null): TransferCurve | null {
  if (view === null || view.byteLength < 12) return null;
  if (tagType(view) === "curv") return readSampledCurve(view);
  return tagType(view) === "para" ? readParametricCurve(view) : null;
}

/** Bytes of a curve that {@link readCurve} reads. */
export function curveByteLength(view: DataView): number {
  return tagType(view) === "curv" ? 12 + 2 * view.getUint32(8) : 12 + 4 * (PARAMETERS[view.getUint16(8)] ?? 0);
}

function readSampledCurve(view: DataView): TransferCurve | null {
  const count = view.getUint32(8);
  if (count === 0) return linearCurve;
  if (count > MAX_CURVE_ENTRIES || view.byteLength < 12 + 2 * count) return null;
  if (count === 1) return gammaCurve(view.getUint16(12) / 256);
  return sampledCurve(Float64Array.from({ length: count }, (_, i) => view.getUint16(12 + 2 * i) / 65535));
}

/** A curve between entries that lie evenly over 0..1. @param entries of 0..1, at least two */
export function sampledCurve(entries: Float64Array): TransferCurve {
  const last = entries.length - 1;
  return (sample) => {
    const place = unit(sample) * last;
    const below = Math.min(Math.floor(place), last - 1);
    const [low, high] = [entries[below]!, entries[below + 1]!];
    return low + (place - below) * (high - low);
  };
}

/** Numbers of each of the five functions. */
const PARAMETERS = [1, 3, 4, 5, 7];

function readParametricCurve(view: DataView): TransferCurve | null {
  const type = view.getUint16(8);
  const count = PARAMETERS[type];
  if (count === undefined || view.byteLength < 12 + 4 * count) return null;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: count }, (_, i) =>
    fixedNumber(view, 12 + 4 * i),
  );
  const power = (base: number): number => Math.max(base, 0) ** g;
  // As it is below zero too, which numbers between two steps of a table may be.
  if (type === 0) return g === 1 ? linearCurve : power;
  if (type === 1) return (x) => (x >= -b / a ? power(a * x + b) : 0);
  if (type === 2) return (x) => (x >= -b / a ? power(a * x + b) + c : c);
  if (type === 3) return (x) => (x >= d ? power(a * x + b) : c * x);
  return (x) => (x >= d ? power(a * x + b) + e : c * x + f);
}
