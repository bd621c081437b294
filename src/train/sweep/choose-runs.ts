/** Some runs of a plan, by name, with those that they begin from. */
import { UsageError } from "../../errors.ts";
import type { PlannedRun } from "./planned-run.ts";

/** So many digits of an id that they are not a word. */
const ID = /^[0-9a-f]{8,16}$/;

/**
 * The runs that some texts select, and the runs that those begin from, in the order of the plan. A text selects a run if it is the run's
 * name, or the part of the name before a "/", or the beginning of the run's id.
 * @param texts without any, all runs
 * @throws {UsageError} `bad-usage` when a text fits no run
 */
export function chooseRuns(runs: readonly PlannedRun[], texts: readonly string[]): readonly PlannedRun[] {
  if (texts.length === 0) return runs;
  const fits = ({ name, id }: PlannedRun, text: string): boolean =>
    `${name}/`.startsWith(text.endsWith("/") ? text : `${text}/`) || (ID.test(text) && id.startsWith(text));
  for (const text of texts) {
    if (runs.some((run) => fits(run, text))) continue;
    const example = runs[0]?.name;
    throw new UsageError(
      "bad-usage",
      `--only: got ${JSON.stringify(text)}, but no name of a run begins with it; expected one such as "${example}"; list them by --dry-run`,
    );
  }
  const chosen = new Set<string>();
  // Backwards: a run stands behind the one that it begins from.
  for (const run of runs.toReversed()) {
    if (!chosen.has(run.id) && !texts.some((text) => fits(run, text))) continue;
    chosen.add(run.id);
    if (run.start.type === "run") chosen.add(run.start.id);
  }
  return runs.filter(({ id }) => chosen.has(id));
}
