/** The comparison of surrogates, from the result files that were there when the page was built. docs/experiments.md tells how it is measured. */
import { type ComparedResult, type ComparisonGroup, comparisonGroups } from "../../../src/lab/paired-effects.ts";

/** The collected runs of a plan, as `?compared` gives them. */
interface ComparedFile extends ComparedResult {
  readonly meta: ComparedResult["meta"] & {
    readonly planned: number;
    readonly finished: number;
    readonly diverged: number;
  };
}

/** All of it. */
export interface Comparison {
  /** Runs of all plans: how many are planned, and how many are done. */
  readonly planned: number;
  readonly finished: number;
  readonly groups: readonly ComparisonGroup[];
}

const FILES = import.meta.glob<ComparedFile>("../../../results/measured/comparison/*.json", {
  import: "default",
  query: "?compared",
});

/** Loads the files and compares. */
export async function loadComparison(): Promise<Comparison> {
  const files = await Promise.all(Object.values(FILES).map((load) => load()));
  const sum = (of: "planned" | "finished"): number => files.reduce((total, { meta }) => total + meta[of], 0);
  return { planned: sum("planned"), finished: sum("finished"), groups: comparisonGroups(files) };
}

/** Fewest and most seeds of the arms of a group. */
export function seedRange({ arms }: ComparisonGroup): readonly [number, number] {
  const seeds = arms.map(({ finished }) => finished);
  return [Math.min(...seeds), Math.max(...seeds)];
}

/** What the runs of a group share: network, stage and setting. */
export function groupTitle({ plan, stage, setting }: ComparisonGroup): string {
  return [plan, stage, setting].filter((word) => word !== "").join(", ");
}
