/** What `halfstep sweep` and `sweep status` print. */
import type { PlannedRun, RunEnd, RunStatus, SweepStatus } from "../../train/index.ts";
import type { JsonValue } from "../command-context.ts";
import { type Column, textTable } from "../text-table.ts";

const left = (heading: string): Column => ({ heading, align: "left" });
const right = (heading: string): Column => ({ heading, align: "right" });

/** Hours as "40 s", "2 min" or "1.3 h". */
export function hoursText(hours: number): string {
  if (hours >= 1) return `${hours.toFixed(1)} h`;
  return hours * 60 >= 1.5 ? `${Math.round(hours * 60)} min` : `${Math.round(hours * 3600)} s`;
}

/** Every run with its state and hours, and the sum. */
export function listText({ runs, ...status }: SweepStatus): string {
  const rows = runs.map(({ run, state, threadHours }) => [
    run.name,
    run.id,
    state,
    String(run.config.steps),
    hoursText(threadHours),
  ]);
  const table = textTable([left("run"), left("id"), left("state"), right("steps"), right("thread-hours")], rows);
  return `${table}\n\n${sumText({ runs, ...status })}`;
}

/** A line for every stage, a line for every run that is being trained (or for all runs), and the time left. */
export function statusText(status: SweepStatus, areAllShown: boolean): string {
  const parts = [stageTable(status.runs)];
  const shown = status.runs.filter(({ state }) => areAllShown || state === "running");
  if (shown.length > 0) parts.push(runTable(shown));
  return [...parts, sumText(status)].join("\n\n");
}

/** The same for programs. */
export function statusDocument(command: string, folder: string, status: SweepStatus): JsonValue {
  const { runs, ...totals } = status;
  return {
    command,
    folder,
    ...totals,
    runs: runs.map(({ run, state, step, result, threadHours, threadHoursLeft }) => ({
      name: run.name,
      id: run.id,
      stage: run.stage,
      values: run.values,
      seed: run.seed,
      state,
      step,
      steps: run.config.steps,
      loss: result?.hard?.loss ?? null,
      threadHours,
      threadHoursLeft,
    })),
  };
}

function stageTable(runs: readonly RunStatus[]): string {
  const hasFailed = runs.some(({ state }) => state === "failed");
  const stages = [...new Set(runs.map(({ run }) => run.stage))];
  const rows = stages.map((stage) => {
    const own = runs.filter(({ run }) => run.stage === stage);
    const count = (...states: readonly RunStatus["state"][]): string =>
      String(own.filter(({ state }) => states.includes(state)).length);
    const hours = own.reduce((sum, { threadHoursLeft }) => sum + threadHoursLeft, 0);
    return [
      stage,
      String(own.length),
      count("finished"),
      count("diverged"),
      count("running"),
      count("begun", "ready"),
      count("waiting"),
      count("blocked"),
      ...(hasFailed ? [count("failed")] : []),
      hours === 0 ? "-" : hoursText(hours),
    ];
  });
  const numbers = ["runs", "finished", "diverged", "running", "ready", "waiting", "blocked"];
  const headings = [...numbers, ...(hasFailed ? ["failed"] : []), "thread-hours left"];
  return textTable([left("stage"), ...headings.map(right)], rows);
}

function runTable(runs: readonly RunStatus[]): string {
  const rows = runs.map(({ run, state, step, result, threadHours }) => [
    run.name,
    run.id,
    state,
    `${step}/${run.config.steps}`,
    result?.hard?.loss.toFixed(4) ?? "-",
    hoursText(threadHours),
  ]);
  return textTable([left("run"), left("id"), left("state"), right("step"), right("loss"), right("thread-hours")], rows);
}

function sumText({ runs, threadHoursUsed, threadHoursLeft, running, isMeasured }: SweepStatus): string {
  const over = runs.filter(({ result }) => result !== undefined).length;
  const used = over === 0 ? "" : ` in ${hoursText(threadHoursUsed)} of one thread`;
  const head = `${over} of ${runs.length} runs are over${used}`;
  if (threadHoursLeft === 0) return `${head}; nothing is left`;
  const basis = isMeasured ? "" : ", estimated by multiply-accumulates where no run was measured";
  const wall = running > 0 ? `; ${hoursText(threadHoursLeft / running)} with the ${running} at work` : "";
  return `${head}; about ${hoursText(threadHoursLeft)} of one thread are left${basis}${wall}`;
}

/** How the work on a run ended, in words. */
export function endText(
  { config }: PlannedRun,
  end: RunEnd | { readonly type: "failed"; readonly message: string },
): string {
  if (end.type === "failed" || end.type === "held") return end.message;
  if (end.type === "stopped") return `stopped at step ${end.step} of ${config.steps}`;
  const { diverged, hard, time } = end.result;
  if (diverged !== null) return `diverged at step ${diverged.step}: ${diverged.problem}`;
  return `finished, loss ${hard?.loss.toFixed(4)}, ${hoursText(time.threadHours)}`;
}
