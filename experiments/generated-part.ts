/** The part of a document that a program writes. It stands between two marks, which people leave in place. */
import { HalfstepError } from "../src/errors.ts";

/** The marks of a generated part: lines of their own in the document. */
export interface GeneratedPart {
  readonly start: string;
  readonly end: string;
}

/**
 * A document with its generated part replaced.
 * @param document its text
 * @param name how messages call it
 * @throws {HalfstepError} `bad-document` if the two marks are not there in this order
 */
export function withGeneratedPart(
  document: string,
  name: string,
  { start, end }: GeneratedPart,
  content: string,
): string {
  const [first, last] = [document.indexOf(start), document.indexOf(end)];
  if (first < 0 || last < first) {
    throw new HalfstepError("bad-document", `${name}: expected the lines ${start} and ${end}; put them back`);
  }
  return `${document.slice(0, first)}${start}\n\n${content}\n\n${document.slice(last)}`;
}
