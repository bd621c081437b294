/** Clips to 0..1. What is not a number becomes 0. */
export function unit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}
