/** Readers of options that are several words or numbers, separated by commas. */
import { InvalidArgumentError } from "commander";

/** Words. */
export function words(text: string): readonly string[] {
  return text.split(",").filter((word) => word !== "");
}

const BEST_QUALITY = 100;
/** A stream distinguishes qualities in steps of one over this. */
const STEPS_PER_QUALITY = 10;

/**
 * Qualities 0..100 in steps of 0.1, as numbers or as FROM-TO:STEP: "0,50,100" or "0-100:2.5".
 * @throws {InvalidArgumentError} for anything else
 */
export function qualities(text: string): readonly number[] {
  const [, from, to, step] = (/^([\d.]+)-([\d.]+):([\d.]+)$/.exec(text) ?? []).map(Number);
  const list =
    from === undefined || to === undefined || step === undefined ? words(text).map(numberOf) : range(from, to, step);
  const isQuality = (value: number): boolean =>
    value >= 0 &&
    value <= BEST_QUALITY &&
    Math.abs(value * STEPS_PER_QUALITY - Math.round(value * STEPS_PER_QUALITY)) < 1e-6;
  if (list.length > 0 && list.every(isQuality)) return list;
  throw new InvalidArgumentError("Expected numbers from 0 to 100 in steps of 0.1, or FROM-TO:STEP such as 0-100:2.5.");
}

function range(from: number, to: number, step: number): readonly number[] {
  if (!(step >= 1 / STEPS_PER_QUALITY && from <= to && to <= BEST_QUALITY)) return [];
  const count = Math.floor((to - from) / step + 1e-6) + 1;
  return Array.from({ length: count }, (_, i) => Number((from + i * step).toFixed(6)));
}

/** Efforts: whole numbers 0..9 with commas. @throws {InvalidArgumentError} for anything else */
export function efforts(text: string): readonly number[] {
  const list = words(text);
  if (list.length > 0 && list.every((word) => /^\d$/.test(word))) return list.map(Number);
  throw new InvalidArgumentError("Expected whole numbers from 0 to 9, separated by commas, such as 0,3,6.");
}

/** Two numbers of bits per pixel, the smaller first: "0.15,1.2". @throws {InvalidArgumentError} for anything else */
export function rateBounds(text: string): readonly [number, number] {
  const [low, high, ...more] = words(text).map(numberOf);
  if (low !== undefined && high !== undefined && more.length === 0 && low > 0 && low < high) return [low, high];
  throw new InvalidArgumentError("Expected two numbers of bits per pixel, the smaller first, such as 0.15,1.2.");
}

/** NaN for what is not a number. (`Number` takes blanks for 0.) */
function numberOf(word: string): number {
  return word.trim() === "" ? Number.NaN : Number(word);
}
