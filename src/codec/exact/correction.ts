/**
 * Latent residual prediction without computing a hyperbolic tangent when a stream is read, which differs from one machine to another:
 * a table of 0.5 tanh(r) that travels with the model (docs/decisions/0012-context-models.md).
 */
import { CORRECTION_RANGE } from "../../networks/entropy/index.ts";

/** Entries for each unit of r. */
const RESOLUTION = 64;
/** Beyond this, r counts as this: tanh(4) is 0.9993. */
const LIMIT = 4;
/** Entry i is for r = i / 64 - 4. */
export const CORRECTION_ENTRIES: number = 2 * LIMIT * RESOLUTION + 1;

/** The table, made when a model is packaged. */
export function correctionTable(): Float32Array {
  return Float32Array.from(
    { length: CORRECTION_ENTRIES },
    (_, i) => CORRECTION_RANGE * Math.tanh(i / RESOLUTION - LIMIT),
  );
}

/** What is wrong with a table, or null. */
export function correctionProblem(table: Float32Array): string | null {
  if (table.length !== CORRECTION_ENTRIES) return `${table.length} numbers`;
  return table.every((value) => Math.abs(value) <= CORRECTION_RANGE) ? null : "one beyond 0.5";
}

/** What is added to a latent for the residual r. */
export function correctionOf(table: Float32Array, r: number): number {
  const entry = Math.floor((r + LIMIT) * RESOLUTION + 0.5);
  return table[Math.min(Math.max(entry, 0), CORRECTION_ENTRIES - 1)]!;
}
