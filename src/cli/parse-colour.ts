/** Reads a colour of an option: a few names, or hexadecimal digits as in CSS. */
import { InvalidArgumentError } from "commander";
import type { RgbColour } from "../image/pixel-layout.ts";

const NAMES: ReadonlyMap<string, RgbColour> = new Map([
  ["white", [255, 255, 255]],
  ["black", [0, 0, 0]],
  ["grey", [128, 128, 128]],
  ["gray", [128, 128, 128]],
]);

/** @throws {InvalidArgumentError} for anything else */
export function colour(text: string): RgbColour {
  const named = NAMES.get(text.toLowerCase());
  if (named !== undefined) return named;
  const [, digits] = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text) ?? [];
  if (digits === undefined)
    throw new InvalidArgumentError("Expected white, black, grey, or a colour such as #ff8800 or #f80.");
  const six = digits.length === 6 ? digits : digits.replace(/./g, "$&$&");
  const level = (at: number): number => Number.parseInt(six.slice(at, at + 2), 16);
  return [level(0), level(2), level(4)];
}
