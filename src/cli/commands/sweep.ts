/**
 * `halfstep sweep <plan>` trains the runs of a plan; any number of processes can do so at once. `sweep status` says how far they are. `sweep
 * collect` makes one document of their results.
 */
import path from "node:path";
import type { Command } from "commander";
import { writeFileAtomic } from "../../atomic-file.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import { MS_PER_HOUR } from "../../hours.ts";
import { describeSurroundings } from "../../surroundings.ts";
import type { SweepStatus } from "../../train/index.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { collect, positiveInteger, positiveNumber } from "../parse-option.ts";
import { queueStatus, storedFolder, submit } from "./sweep-queue.ts";
import { endText, hoursText, listText, statusDocument, statusText } from "./sweep-text.ts";
import { trainProgressText } from "./train-text.ts";

interface FolderOptions extends ClusterOptions {
  readonly out?: string;
  readonly only: readonly string[];
}

interface SweepOptions extends FolderOptions {
  readonly data?: string;
  readonly threads: number;
  readonly maxRuns?: number;
  readonly hours?: number;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
}

const ONLY_HELP =
  "only these runs and those that they begin from: a name (all runs below fork, or below fork/0.013) or the first digits of an id; may be repeated";
/** The longest time that a timer can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Adds the command with its subcommands. */
export function registerSweep(program: Command, execute: Execute): void {
  const sweep = program
    .command("sweep")
    .description(
      "train the runs of a plan; several processes can work on one folder, and each can be stopped at any time",
    )
    .argument("<plan>", "the plan, a JSON file (docs/sweep.md)");
  addClusterOptions(sweep)
    .option("--wait", "with --queue: wait until all runs are over")
    .option("--data <folder>", "packed images that the runs are trained on")
    .option("--out <folder>", "folder of the runs (default: runs/ and the name of the plan)")
    .option("--only <name>", ONLY_HELP, collect, [])
    .option("--threads <count>", "threads to compute with", positiveInteger, 1)
    .option("--max-runs <count>", "stop after so many runs", positiveInteger)
    .option("--hours <count>", "stop at a checkpoint after so many hours", positiveNumber)
    .option("--dry-run", "list the runs with estimated hours, and train nothing")
    .action((file: string, options: SweepOptions) => execute((context) => act(context, file, options), true));
  sweep
    .command("status")
    .description("show how far the runs of a plan are, and the time left")
    .argument("<plan>", "the plan, a JSON file")
    .option("--out <folder>", "folder of the runs (default: runs/ and the name of the plan)")
    .option("--only <name>", ONLY_HELP, collect, [])
    .option("--runs", "a line for every run, not only for those that are running")
    .action((file: string, _: unknown, command: Command) =>
      execute((context) => {
        refuseOthers(sweep, "status", ["out", "only", "queue", "store"]);
        return status(context, file, command.optsWithGlobals());
      }),
    );
  sweep
    .command("collect")
    .description("collect the results of a plan's runs in one JSON document")
    .argument("<plan>", "the plan, a JSON file")
    .argument("<result>", "the file to write; an earlier one is replaced")
    .option("--out <folder>", "folder of the runs (default: runs/ and the name of the plan)")
    .action((file: string, result: string, _: unknown, command: Command) =>
      execute((context) => {
        refuseOthers(sweep, "collect", ["out", "store"]);
        return collectInto(context, file, result, command.optsWithGlobals());
      }),
    );
}

/** commander accepts the options of `sweep` after its subcommands too. @throws {UsageError} `bad-usage` for those that mean nothing there */
function refuseOthers(sweep: Command, name: string, taken: readonly string[]): void {
  const other = sweep.options.find(
    (option) => sweep.getOptionValueSource(option.attributeName()) === "cli" && !taken.includes(option.attributeName()),
  );
  if (other === undefined) return;
  throw new UsageError(
    "bad-usage",
    `sweep ${name}: got ${other.long}, expected only options that its --help lists; leave it out`,
  );
}

async function act(context: CommandContext, file: string, options: SweepOptions): Promise<void> {
  if (options.dryRun) return dryRun(context, file, options);
  if (options.queue === undefined) return work(context, file, options);
  const { expandPlanFile, chooseRuns } = await import("../../train/index.ts");
  const plan = expandPlanFile(file);
  return submit(context, { name: plan.name, runs: chooseRuns(plan.runs, options.only) }, options);
}

/** The plan, the folder and the chosen runs. */
async function open(file: string, { out, only }: FolderOptions) {
  const { chooseRuns, expandPlanFile, SweepFolder } = await import("../../train/index.ts");
  const plan = expandPlanFile(file);
  const folder = new SweepFolder(out ?? path.join("runs", plan.name));
  return { plan, folder, runs: chooseRuns(plan.runs, only) };
}

async function work(context: CommandContext, file: string, options: SweepOptions): Promise<void> {
  const { data, threads, maxRuns, hours } = options;
  const { createTrainStep, FolderQueue, hashOfImages, plannedRunExecutor, sweepStatus, workOnSweep } = await import(
    "../../train/index.ts"
  );
  const { folder, runs } = await open(file, options);
  if (data === undefined) {
    throw new UsageError(
      "bad-usage",
      "sweep: got no --data, expected a folder of packed images; see halfstep data pack",
    );
  }
  const dataHash = hashOfImages(data);
  folder.make();
  folder.checkImages(dataHash);
  const limit =
    hours === undefined ? [] : [AbortSignal.timeout(Math.ceil(Math.min(hours * MS_PER_HOUR, LONGEST_TIMER_MS)))];
  const { outcome, results, failures } = await workOnSweep({
    queue: new FolderQueue(folder, runs),
    execute: plannedRunExecutor({
      data,
      dataHash,
      threads,
      createStep: createTrainStep,
      meta: await describeSurroundings(),
    }),
    signal: AbortSignal.any([context.signal, ...limit]),
    ...(maxRuns === undefined ? {} : { maxRuns }),
    onEnd: (run, end) => context.note(`${run.name}: ${endText(run, end)}`),
    onWarning: (run, warning) => context.note(`${run.name}: ${warning}`),
    onProgress: (run, progress) => context.progress(`${run.name}  ${trainProgressText(progress)}`),
  });
  if (failures.length > 0) {
    const list = failures.map(({ run, message }) => `\n  ${run.name}: ${message}`).join("");
    throw new HalfstepError(
      "failed-runs",
      `sweep: got ${failures.length} ${failures.length === 1 ? "run" : "runs"} that could not be trained; repair the cause, and start again${list}`,
    );
  }
  const after = sweepStatus(folder, runs);
  context.report(
    {
      command: "sweep",
      folder: folder.folder,
      outcome,
      runs: results.map(({ run: { name, id }, result: { status } }) => ({ name, id, status })),
      ...totals(after),
    },
    `${folder.folder}: ${outcome} after ${results.length} ${results.length === 1 ? "run" : "runs"}; ${leftText(after)}`,
  );
}

/** What is left, in words. */
function leftText({ threadHoursLeft, runs }: SweepStatus): string {
  const left = runs.filter(({ threadHoursLeft: hours }) => hours > 0).length;
  return left === 0 ? "nothing is left" : `${left} left, about ${hoursText(threadHoursLeft)} of one thread`;
}

function totals({ threadHoursUsed, threadHoursLeft, running }: SweepStatus) {
  return { threadHoursUsed, threadHoursLeft, running };
}

async function dryRun(context: CommandContext, file: string, options: SweepOptions): Promise<void> {
  const { sweepStatus } = await import("../../train/index.ts");
  const { folder, runs } = await open(file, options);
  const found = sweepStatus(folder, runs);
  context.report(statusDocument("sweep", folder.folder, found), listText(found));
}

async function status(
  context: CommandContext,
  file: string,
  options: FolderOptions & { readonly runs?: boolean },
): Promise<void> {
  const { chooseRuns, expandPlanFile, sweepStatus } = await import("../../train/index.ts");
  if (options.queue !== undefined) {
    const plan = expandPlanFile(file);
    return queueStatus(context, { name: plan.name, runs: chooseRuns(plan.runs, options.only) }, options);
  }
  const { folder, runs } = await open(file, options);
  const found = sweepStatus(folder, runs);
  context.report(statusDocument("sweep status", folder.folder, found), statusText(found, options.runs ?? false));
}

async function collectInto(
  context: CommandContext,
  file: string,
  resultFile: string,
  options: FolderOptions,
): Promise<void> {
  const { collectResults, expandPlanFile, sweepResultText } = await import("../../train/index.ts");
  const date = new Date().toISOString().slice(0, 10);
  const meta = await describeSurroundings();
  const result =
    options.store === undefined
      ? await open(file, { ...options, only: [] }).then(({ plan, folder }) => collectResults(folder, plan, meta, date))
      : await storedFolder(expandPlanFile(file), options, (folder, plan) => collectResults(folder, plan, meta, date));
  await writeFileAtomic(resultFile, new TextEncoder().encode(sweepResultText(result)), { force: true });
  const { planned, finished, diverged } = result.meta;
  context.report(
    { command: "sweep collect", result: resultFile, planned, finished, diverged },
    `${resultFile}: ${finished} of ${planned} runs finished, ${diverged} diverged`,
  );
}
