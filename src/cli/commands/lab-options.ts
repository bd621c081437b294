/** Options that the laboratory's commands share: numbers, and values that a table of ours has to know. */
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

/** A target of the distortion further off than this hides the figures behind its own size: squares of it in float64. */
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
 * Looks something up for the user: the RangeError by which the library refuses a name or number becomes misuse of the command
 * line, with the library's sentence. Only for look-ups: what a computation throws is no mistake of the user's.
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
