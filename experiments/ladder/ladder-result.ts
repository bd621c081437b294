/**
 * The form of `results/measured/ladder.json`: what each run of the ladder was and where it stood at each of its validations.
 * results/README.md describes the fields for readers; this file checks them, and refuses unknown ones.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { HalfstepError } from "../../src/errors.ts";

/** Where the ladder's measurements are kept. */
export const LADDER_RESULT: string = fileURLToPath(new URL("../../results/measured/ladder.json", import.meta.url));

/** A run at its validations: lists of equal length, in the order of the steps. */
export interface LadderCurve {
  readonly step: readonly number[];
  /** Thread-hours of training up to that validation. */
  readonly hours: readonly number[];
  /** Bits per pixel + lambda * 255^2 * mean squared error, real rounding, averaged weights, over the validation crops. */
  readonly loss: readonly number[];
  readonly bitsPerPixel: readonly number[];
  readonly psnrDb: readonly number[];
}

/** What one run gave. */
export interface LadderRun {
  readonly name: string;
  readonly question: string;
  readonly changed: string;
  /** Runs of other questions to compare it with. */
  readonly against: readonly string[];
  /** "unfinished": cut off before its last step, or still training when this was written. */
  readonly status: "finished" | "unfinished" | "diverged";
  /** Complete, but without places of the machine. Runs from before there were sweeps have it as they stored it, with `threads`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly plannedSteps: number;
  /** Steps that were taken. */
  readonly steps: number;
  /**
   * Sum of the times of these steps, each times the threads that took it. Validations and checkpoints do not count. A step that took longer than ten usual
   * steps counts as ten.
   */
  readonly threadHours: number;
  /** Median time of a step. */
  readonly medianStepMs: number;
  readonly curve: LadderCurve;
}

/** The whole file. */
export interface LadderResult {
  readonly meta: {
    readonly source: "measured";
    readonly plan: string;
    readonly note: string;
    /** YYYY-MM-DD. */
    readonly date: string;
    /** The commit of the checkout that collected. Runs may come from earlier ones. */
    readonly commit: string | null;
    readonly uncommittedChanges: boolean | null;
    readonly machine: string;
    readonly versions: Readonly<Record<string, string>>;
  };
  /** Questions as sentences, by their short names. */
  readonly questions: Readonly<Record<string, string>>;
  /** In the order of the plan. */
  readonly runs: readonly LadderRun[];
}

const numbers = z.array(z.number());
const curve = z.strictObject({
  step: z.array(z.int().positive()),
  hours: numbers,
  loss: numbers,
  bitsPerPixel: numbers,
  psnrDb: numbers,
});
const run = z.strictObject({
  name: z.string().min(1),
  question: z.string().min(1),
  changed: z.string().min(1),
  against: z.array(z.string()),
  status: z.enum(["finished", "unfinished", "diverged"]),
  config: z.record(z.string(), z.unknown()),
  plannedSteps: z.int().positive(),
  steps: z.int().positive(),
  threadHours: z.number().nonnegative(),
  medianStepMs: z.number().nonnegative(),
  curve,
});
const meta = z.strictObject({
  source: z.literal("measured"),
  plan: z.string(),
  note: z.string(),
  date: z.iso.date(),
  commit: z.string().nullable(),
  uncommittedChanges: z.boolean().nullable(),
  machine: z.string(),
  versions: z.record(z.string(), z.string()),
});
const ladder: z.ZodType<LadderResult> = z
  .strictObject({ meta, questions: z.record(z.string(), z.string()), runs: z.array(run).min(1) })
  .superRefine(({ questions, runs }, context) => {
    const complain = (message: string): void => context.addIssue({ code: "custom", message });
    const names = new Set<string>();
    for (const { name, question, status, steps, plannedSteps, curve } of runs) {
      if (names.has(name)) complain(`got the run "${name}" twice`);
      names.add(name);
      if (!Object.hasOwn(questions, question)) complain(`${name}: got the question "${question}", which is not listed`);
      if (status === "finished" && steps !== plannedSteps) {
        complain(`${name}: got ${steps} steps of a finished run, expected ${plannedSteps}`);
      }
      const lengths = Object.values(curve).map((list: readonly number[]) => list.length);
      if (new Set(lengths).size > 1)
        complain(`${name}: got lists of ${lengths.join(", ")} values, expected equal ones`);
      const rises = (list: readonly number[]): boolean => list.every((value, i) => i === 0 || value > list[i - 1]!);
      if (!rises(curve.step)) complain(`${name}: got steps ${curve.step.join(", ")}, expected rising ones`);
    }
  });

/** Checks a parsed document. @param where opens the message. @throws {HalfstepError} `bad-result`, with the field. */
export function parseLadder(document: unknown, where: string): LadderResult {
  const parsed = ladder.safeParse(document);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const field = path.length === 0 ? "" : `${path.join(".")}: `;
  throw new HalfstepError(
    "bad-result",
    `${where}: ${field}${message}; expected what experiments/ladder/collect.ts writes`,
  );
}

/** Reads the measurements. @throws {HalfstepError} `cannot-read`, `bad-result`. */
export function readLadder(file: string = LADDER_RESULT): LadderResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { message } = error as Error;
    throw new HalfstepError(
      "cannot-read",
      `${file}: cannot be read (${message}); make it with experiments/ladder/collect.ts`,
      {
        cause: error,
      },
    );
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new HalfstepError("bad-result", `${file}: got text that is not JSON; make it anew`, { cause: error });
  }
  return parseLadder(document, file);
}
