/**
 * What an arm changes, from the collected results of the plans: the loss of each of its runs beside that of the reference's run of the same
 * group and seed. Paired runs see the same crops in the same order, so their difference varies far less than either.
 */
import { byFewSamples, type OpenEstimate } from "./estimate.ts";

/** What is needed of the collected results of a plan (results/README.md). */
export interface ComparedResult {
  readonly meta: {
    /** Name of the plan. */
    readonly plan: string;
  };
  readonly runs: readonly {
    readonly stage: string;
    /** Axis to name of the value. */
    readonly values: Readonly<Record<string, string>>;
    /** The seed of the plan, which pairs runs. */
    readonly seed: number;
    readonly result: {
      readonly status: "finished" | "diverged";
      /** With real rounding, after the last step; null for a run that diverged. */
      readonly hard: {
        readonly loss: number;
        readonly bitsPerPixel: number;
        /** Decibels. */
        readonly psnrDb: number;
      } | null;
    };
  }[];
}

/** The arms that all others are compared with: the best pair in use, which trunks are trained with, and the oldest. */
export const REFERENCES = ["mixed", "aun"] as const;

/** Name of a reference arm. */
export type Reference = (typeof REFERENCES)[number];

/** What the runs of one arm gave, in one group. */
export interface ArmEffect {
  readonly arm: string;
  /** Runs that finished. */
  readonly finished: number;
  readonly diverged: number;
  /** Means over the runs that finished, with real rounding on the validation crops; null without one. */
  readonly hard: { readonly loss: number; readonly bitsPerPixel: number; readonly psnrDb: number } | null;
  /**
   * Change of the loss in percent of the reference's, mean over the seeds that both finished with its 95 % interval; null where there are
   * none. Negative is better.
   */
  readonly change: Readonly<Record<Reference, OpenEstimate | null>>;
}

/** Arms that may be compared: of one plan, one stage and one lambda. */
export interface ComparisonGroup {
  /** Name of the plan: the type of the network. */
  readonly plan: string;
  readonly stage: string;
  /** Values of the axes other than the arm, as `lambda 0.013`; empty where there are none. */
  readonly setting: string;
  /** The best change against `mixed` on top, arms without one at the end. */
  readonly arms: readonly ArmEffect[];
  /** Arms beside the same arm without a change. */
  readonly variants: readonly VariantEffect[];
}

/** What a change of an arm does: an arm whose name is that of another, a hyphen, and the change. */
export interface VariantEffect {
  readonly arm: string;
  /** The arm without the change. */
  readonly base: string;
  /** Change of the loss in percent of the base's, mean over the seeds that both finished with its 95 % interval. */
  readonly change: OpenEstimate;
}

type Run = ComparedResult["runs"][number];

/** The groups that have runs of arms, in the order of the results. */
export function comparisonGroups(results: readonly ComparedResult[]): readonly ComparisonGroup[] {
  const groups = new Map<
    string,
    { readonly head: Pick<ComparisonGroup, "plan" | "stage" | "setting">; readonly runs: Run[] }
  >();
  for (const { meta, runs } of results) {
    for (const run of runs) {
      const { arm, ...others } = run.values;
      if (arm === undefined) continue;
      const setting = Object.entries(others)
        .map(([axis, value]) => `${axis} ${value}`)
        .join(", ");
      const key = JSON.stringify([meta.plan, run.stage, setting]);
      const group = groups.get(key) ?? { head: { plan: meta.plan, stage: run.stage, setting }, runs: [] };
      group.runs.push(run);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ head, runs }) => ({
    ...head,
    arms: armEffects(runs),
    variants: variantEffects(runs),
  }));
}

function variantEffects(runs: readonly Run[]): readonly VariantEffect[] {
  const arms = [...new Set(runs.map(armOf))];
  return arms.flatMap((arm) =>
    arms.flatMap((base) => {
      const isVariant = arm.startsWith(`${base}-`) && !arm.slice(base.length).includes("+");
      const change = isVariant ? pairedChange(lossesOf(runs, arm), lossesOf(runs, base)) : null;
      return change === null ? [] : [{ arm, base, change }];
    }),
  );
}

/** Seed to loss, of the runs of an arm that finished. */
function lossesOf(runs: readonly Run[], arm: string): ReadonlyMap<number, number> {
  return new Map(
    runs.flatMap((run) => (armOf(run) === arm && run.result.hard !== null ? [[run.seed, run.result.hard.loss]] : [])),
  );
}

function armEffects(runs: readonly Run[]): readonly ArmEffect[] {
  const arms = [...new Set(runs.map(armOf))];
  const references = REFERENCES.map((reference) => [reference, lossesOf(runs, reference)] as const);
  const effects = arms.map((arm): ArmEffect => {
    const own = runs.filter((run) => armOf(run) === arm).map(({ result }) => result);
    const losses = lossesOf(runs, arm);
    return {
      arm,
      finished: losses.size,
      diverged: own.filter(({ status }) => status === "diverged").length,
      hard: meanHard(own),
      change: Object.fromEntries(
        references.map(([reference, theirs]) => [reference, pairedChange(losses, theirs)]),
      ) as ArmEffect["change"],
    };
  });
  const place = ({ change }: ArmEffect): number => change.mixed?.value ?? Infinity;
  return effects.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

function armOf({ values }: Run): string {
  return values.arm as string;
}

/** Mean of 100 (own / theirs - 1) over the seeds that both have. */
function pairedChange(own: ReadonlyMap<number, number>, theirs: ReadonlyMap<number, number>): OpenEstimate | null {
  const changes = [...own].flatMap(([seed, loss]) => {
    const other = theirs.get(seed);
    return other === undefined ? [] : [100 * (loss / other - 1)];
  });
  return changes.length === 0 ? null : byFewSamples(changes);
}

function meanHard(results: readonly Run["result"][]): ArmEffect["hard"] {
  const hard = results.flatMap((result) => result.hard ?? []);
  if (hard.length === 0) return null;
  const mean = (figure: (of: (typeof hard)[number]) => number): number =>
    hard.reduce((sum, of) => sum + figure(of), 0) / hard.length;
  return {
    loss: mean(({ loss }) => loss),
    bitsPerPixel: mean(({ bitsPerPixel }) => bitsPerPixel),
    psnrDb: mean(({ psnrDb }) => psnrDb),
  };
}
