/** Parses data from a file or from a stranger by its schema. The caller says what the data are and what was expected. */
import type { z } from "zod";

/**
 * The value that a schema makes of another.
 * @param refuse makes the error of a value that does not fit; told the first problem ("path.to.field: what is wrong"), and all of them
 * @throws what `refuse` makes
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  refuse: (problem: string, all: z.ZodError) => Error,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw refuse(path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`, parsed.error);
}
