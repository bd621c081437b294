/** What a promise is refused with, where a test says more of it than its message. */
import { expect } from "vitest";
import { HalfstepError } from "../../src/errors.ts";

/** The error of a promise that must be refused with one of the project's. */
export async function failureOf(promise: Promise<unknown>): Promise<HalfstepError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HalfstepError);
  return error as HalfstepError;
}
