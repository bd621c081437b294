/** Options that the laboratory's commands share: numbers, and names that must be in a table of the project. */
import { InvalidArgumentError } from "commander";
import { UsageError } from "../../errors.ts";

/** Any finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number.");
  return value;
}

/** A number above 0 and at most `most`. */
export function positiveUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = finiteNumber(text);
    if (!(value > 0) || value > most) throw new InvalidArgumentError(`Expected a number above 0 and at most ${most}.`);
    return value;
  };
}

/** A target farther away than this would hide the figures: its square is too large for the precision of float64. */
const FARTHEST_TARGET = 1000;

/** The offset of a target: a number of at most 1000 steps, up or down. */
export function targetOffsetNumber(text: string): number {
  const value = finiteNumber(text);
  if (Math.abs(value) > FARTHEST_TARGET) {
    throw new InvalidArgumentError(`Expected a number from -${FARTHEST_TARGET} to ${FARTHEST_TARGET}.`);
  }
  return value;
}

/** A seed: a whole number from 0 up to 2^32 - 1. */
export function seedNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= 2 ** 32) throw new InvalidArgumentError("Expected a whole number below 2^32.");
  return value;
}

/** A reader of options that must be one of some names; its message lists them. */
export function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found === undefined) throw new InvalidArgumentError(`Expected one of ${names.join(", ")}.`);
    return found;
  };
}

/**
 * Looks up a name or number that the user gave. If the library refuses it with a RangeError, this makes misuse of the command line of it, with
 * the library's sentence. Use it for look-ups only: an error of a computation is not the user's mistake.
 *
 * @throws {UsageError} "bad-lab-option"
 */
export function lookUp<Result>(find: () => Result): Result {
  try {
    return find();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError("bad-lab-option", error.message, { cause: error });
    throw error;
  }
}

/** A reader of positive multiples of a number. */
export function multipleOf(step: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < step || value % step !== 0) {
      throw new InvalidArgumentError(`Expected a multiple of ${step}.`);
    }
    return value;
  };
}

/** A reader of whole numbers from `least` up. */
export function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return value;
  };
}
