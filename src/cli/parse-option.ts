/** Readers of option values for commander; a wrong value is misuse, exit code 2. */
import { availableParallelism } from "node:os";
import { InvalidArgumentError } from "commander";

/** A whole number of at least 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("Expected a whole number of at least 1.");
  }
  return value;
}

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/** A number of threads. Each takes memory and a stack, and more than a few for each core only wait. */
export function threadCount(text: string): number {
  const count = positiveInteger(text);
  const most = 4 * availableParallelism();
  if (count > most) throw new InvalidArgumentError(`Expected at most ${most}: four for each core of this machine.`);
  return count;
}

/** A PSNR in dB. */
export function decibels(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > 100) {
    throw new InvalidArgumentError("Expected a number of decibels above 0, such as 38.5.");
  }
  return value;
}

/** A quality: a number from 0 to 100. */
export function quality(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 100) {
    throw new InvalidArgumentError("Expected a number from 0, the smallest file, to 100, the best picture.");
  }
  return value;
}

/** An effort: a whole number from 0 to 9. */
export function effort(text: string): number {
  if (!/^\d$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 0, the fastest, to 9.");
  return Number(text);
}

/** Adds one more value of an option that may be repeated. */
export function collect(text: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, text];
}

/** A whole number of at least 0. */
export function naturalNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("Expected a whole number of at least 0.");
  }
  return value;
}
